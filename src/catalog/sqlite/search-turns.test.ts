import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openTestCatalog } from '../testing/open-test-catalog.js';
import { announced, block, column, element, query, uidOf } from '../testing/records.js';
import type { Catalog } from '../catalog.js';

const COUNT = 1000;
const SOPInstanceUID = '00080018';
const InstanceNumber = '00200013';

const sample = (number: number) => ({
  name: `i${number}`,
  instanceAttributes: { [InstanceNumber]: element('IS', number) },
});

describe('a search with many matches', () => {
  let catalog: Catalog;
  beforeEach(async () => {
    catalog = openTestCatalog({ file: ':memory:' });
    await catalog.apply(block(1), [announced({ ...sample(0), study: 'other' })]);
    await catalog.apply(
      block(2),
      Array.from({ length: COUNT }, (_, index) => announced(sample(index + 1), index)),
    );
  });
  afterEach(() => catalog.close());
  const wanted = query('instance', { StudyInstanceUID: uidOf('study'), limit: 5000 });

  it('gives others their turn between', async () => {
    let turns = 0;
    let isSearching = true;
    const count = (): void => {
      turns++;
      if (isSearching) setImmediate(count);
    };
    setImmediate(count);
    const { matches } = await catalog.seenBy('everything').search(wanted);
    isSearching = false;
    expect(column(matches, InstanceNumber)).toEqual(Array.from({ length: COUNT }, (_, index) => index + 1));
    expect(turns).toBeGreaterThanOrEqual(COUNT / 100 - 1);
  });

  it('ends where it is when nobody waits for it any more', async () => {
    const gone = new AbortController();
    const searching = catalog.seenBy('everything').search(wanted, { signal: gone.signal });
    gone.abort();
    await expect(searching).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('is not begun when nobody waits for it any more', async () => {
    const searching = catalog.seenBy('everything').search(wanted, { signal: AbortSignal.abort() });
    await expect(searching).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('says nothing of what a reorganisation has put in the place of what was found', async () => {
    const searching = catalog.seenBy('everything').search(wanted);
    await catalog.rollback(block(1), [
      {
        block: block(2, 'other'),
        changes: [announced({ name: 'b', study: 'study' }), announced({ ...sample(7), study: 'hidden' }, 1)],
      },
    ]);
    const { matches, remaining } = await searching;
    expect(column(matches, SOPInstanceUID)).toEqual([uidOf('b')]);
    expect(remaining).toBe(0);
  });
});
