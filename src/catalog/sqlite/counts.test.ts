import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Catalog } from '../catalog.js';
import { openTestCatalog } from '../testing/open-test-catalog.js';
import { announced, block, query, retired, sealed, uidOf } from '../testing/records.js';

const PAGE = query('study', { limit: 1 });

describe('how many match besides a page', () => {
  let catalog: Catalog;
  beforeEach(async () => {
    catalog = openTestCatalog({ file: ':memory:' });
    await catalog.apply(
      block(1),
      ['a', 'b', 'c'].map((name, index) => announced({ name, study: name }, index)),
    );
  });
  afterEach(() => catalog.close());
  const remaining = async (labels?: string[]): Promise<number> =>
    (await catalog.seenBy(labels ? { labels } : 'everything').search(PAGE)).remaining;

  it('follows what is announced, retired and rolled back', async () => {
    expect(await remaining()).toBe(2);
    await catalog.apply(block(2), [announced({ name: 'd', study: 'd' }), sealed('a', 1)]);
    expect(await remaining()).toBe(3);
    await catalog.apply(block(3), [retired('a')]);
    expect(await remaining()).toBe(2);
    await catalog.rollback(block(1));
    expect(await remaining()).toBe(2);
    await catalog.apply(block(2, 'other'), [
      announced({ name: 'd', study: 'd' }),
      announced({ name: 'e', study: 'e' }, 1),
    ]);
    expect(await remaining()).toBe(4);
  });

  it('follows what somebody may see', async () => {
    const label = (StudyInstanceUID: string) =>
      catalog.annotations.addLabels({
        siteId: 1,
        StudyInstanceUID: uidOf(StudyInstanceUID),
        labels: ['x'],
        setBy: 'me',
      });
    await label('a');
    await label('b');
    expect(await remaining(['x'])).toBe(1);
    await label('c');
    expect(await remaining(['x'])).toBe(2);
    await catalog.annotations.removeLabel({ siteId: 1, StudyInstanceUID: uidOf('a') }, 'x');
    expect(await remaining(['x'])).toBe(1);
    expect(await remaining(['y'])).toBe(0);
    expect(await remaining()).toBe(2);
  });
});
