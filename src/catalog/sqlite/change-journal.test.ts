import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Catalog, CatalogReader } from '../catalog.js';
import type { ChangeRange } from '../change-feed.js';
import { openTestCatalog } from '../testing/open-test-catalog.js';
import { foreign, readAll, readingOf } from '../testing/late.js';
import { announced, bare, block, gathered, retired, sealed, uidOf } from '../testing/records.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-changes-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newFile = () => path.join(folder, `${files++}.db`);

const changesOf = async (reader: CatalogReader, range: ChangeRange = {}) =>
  (await gathered(reader.changes(range))).flat();
/** `1 create current a`: sequence, action, state and instance. */
const said = async (catalog: Catalog, names: readonly string[], range?: ChangeRange) =>
  (await changesOf(catalog.seenBy('everything'), range)).map(
    ({ sequence, action, state, SOPInstanceUID }) =>
      `${sequence} ${action} ${state} ${names.find((name) => uidOf(name) === SOPInstanceUID)}`,
  );

describe('The journal of changes', () => {
  it('says what was sealed and retired, in order, and where that is on the chain', async () => {
    const catalog = openTestCatalog({ file: newFile() });
    await catalog.apply(block(1), [announced({ name: 'a' }), announced({ name: 'b' }, 1)]);
    expect(await said(catalog, ['a', 'b'])).toEqual([]);
    await catalog.apply(block(2), [sealed('b')]);
    await catalog.apply(block(3), [sealed('a')]);
    expect(await said(catalog, ['a', 'b'])).toEqual(['1 create current b', '2 create current a']);
    await catalog.apply(block(4), [retired('b')]);
    expect(await said(catalog, ['a', 'b'])).toEqual(['1 create deleted b', '2 create current a', '3 delete deleted b']);
    const [first, , last] = await changesOf(catalog.seenBy('everything'));
    expect(first).toMatchObject({ block: 2n, announced: { block: 1n, logIndex: 1 }, siteId: 1 });
    expect([last?.block, last!.at >= first!.at]).toEqual([4n, true]);
    expect(await said(catalog, ['a', 'b'], { after: 1, newestFirst: true })).toEqual([
      '3 delete deleted b',
      '2 create current a',
    ]);
    expect(await said(catalog, ['a', 'b'], { to: first!.at })).toEqual([]);
    expect(await said(catalog, ['a', 'b'], { from: last!.at + 1 })).toEqual([]);
    await catalog.close();
  });

  it('says what is read late when it is read, after what was said before', async () => {
    const catalog = openTestCatalog({ file: newFile() });
    await catalog.apply(block(1), [bare(foreign('late', { study: 'another' })), sealed('late', 1)]);
    await catalog.apply(block(2), [announced({ name: 'b' }), sealed('b', 1)]);
    expect(await said(catalog, ['late', 'b'])).toEqual(['1 create current b']);
    await readAll(catalog, () => readingOf(foreign('late', { study: 'another' })));
    expect(await said(catalog, ['late', 'b'], { after: 1 })).toEqual(['2 create current late']);
    await catalog.close();
  });

  it('says nothing of a reorganisation that brings the same again, and takes back what it does not bring', async () => {
    const catalog = openTestCatalog({ file: newFile() });
    await catalog.apply(block(1), [announced({ name: 'a' }), announced({ name: 'b' }, 1)]);
    await catalog.apply(block(2), [sealed('a'), sealed('b', 1)]);
    expect(await said(catalog, ['a', 'b'])).toEqual(['1 create current a', '2 create current b']);
    const again = [announced({ name: 'a' }), sealed('a', 1)];
    await catalog.rollback(block(0), [{ block: block(1, 'f'), changes: again }]);
    expect(await said(catalog, ['a', 'b'])).toEqual(['1 create current a', '2 create deleted b', '3 delete deleted b']);
    expect((await changesOf(catalog.seenBy('everything'))).map((one) => one.block)).toEqual([1n, undefined, undefined]);
    await catalog.apply(block(2, 'f'), [announced({ name: 'b' }), sealed('b', 1)]);
    expect(await said(catalog, ['a', 'b'])).toEqual(
      ['1 create current a', '2 create replaced b', '3 delete current b', '4 create current b'].map((line) =>
        line.replace('3 delete current', '3 delete replaced'),
      ),
    );
    await catalog.close();
  });

  it('goes on where it was when the catalogue is made again, and begins with what is there when it is new', async () => {
    const [file, annotationsFile] = [newFile(), newFile()];
    const project = async (catalog: Catalog) => {
      await catalog.apply(block(1), [announced({ name: 'a' }), announced({ name: 'b' }, 1)]);
      await catalog.apply(block(2), [sealed('b'), sealed('a', 1), retired('a', 2)]);
    };
    const first = openTestCatalog({ file, annotationsFile });
    await project(first);
    const lines = await said(first, ['a', 'b']);
    expect(lines).toEqual(['1 create current b']);
    await first.close();
    const rebuilt = openTestCatalog({ file: newFile(), annotationsFile });
    expect(await said(rebuilt, ['a', 'b'])).toEqual(['1 create current b']);
    await project(rebuilt);
    await rebuilt.apply(block(3), [announced({ name: 'c' }), sealed('c', 1)]);
    expect(await said(rebuilt, ['a', 'b', 'c'])).toEqual([...lines, '2 create current c']);
    await rebuilt.close();
    const upgraded = openTestCatalog({ file, annotationsFile: newFile() });
    expect(await said(upgraded, ['a', 'b'])).toEqual(lines);
    await upgraded.close();
  });

  it('says to each what that one sees, with the numbers that all have', async () => {
    const catalog = openTestCatalog({ file: newFile() });
    await catalog.apply(block(1), [announced({ name: 'a', study: 's' }), announced({ name: 'b', study: 't' }, 1)]);
    await catalog.apply(block(2), [sealed('a'), sealed('b', 1)]);
    await catalog.annotations.addLabels({
      siteId: 1,
      StudyInstanceUID: uidOf('t'),
      labels: ['trial'],
      setBy: 'a test',
    });
    const seen = await changesOf(catalog.seenBy({ labels: ['trial'] }));
    expect(seen.map(({ sequence, SOPInstanceUID }) => [sequence, SOPInstanceUID])).toEqual([[2, uidOf('b')]]);
    expect(await changesOf(catalog.seenBy({ labels: ['another'] }))).toEqual([]);
    expect(await changesOf(catalog.seenBy('everything', 2))).toEqual([]);
    expect(await changesOf(catalog.seenBy('everything', 1))).toHaveLength(2);
    // What is gone from the chain is nobody's any more.
    await catalog.rollback(block(1), []);
    expect(await changesOf(catalog.seenBy({ labels: ['trial'] }))).toHaveLength(1);
    await catalog.rollback(block(0), []);
    expect(await changesOf(catalog.seenBy({ labels: ['trial'] }))).toEqual([]);
    expect(await said(catalog, ['a', 'b'])).toHaveLength(4);
    await catalog.close();
  });
});
