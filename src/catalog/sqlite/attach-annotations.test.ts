import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'libsql';
import type { Log } from '../../base/log.js';
import { announced, block, uidOf } from '../testing/records.js';
import { openTestCatalog } from '../testing/open-test-catalog.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-annotations-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newFile = (): string => path.join(folder, `${files++}.sqlite`);
const StudyInstanceUID = uidOf('study');
const study = { siteId: 1, StudyInstanceUID };
const set = (...labels: string[]) => ({ ...study, labels, setBy: 'test' });

describe('attachAnnotations', () => {
  it('keeps labels when the catalogue is another, for its owner alone', async () => {
    const annotationsFile = newFile();
    const before = openTestCatalog({ file: newFile(), annotationsFile });
    await before.annotations.addLabels(set('b', 'a'));
    for (const ending of ['', '-wal', '-shm']) expect(statSync(annotationsFile + ending).mode & 0o777).toBe(0o600);
    await before.close();
    const after = openTestCatalog({ file: newFile(), annotationsFile });
    await after.apply(block(1), [announced({ name: 'a' })]);
    expect(await after.seenBy({ labels: ['a'] }).hasStudy(StudyInstanceUID)).toBe(true);
    expect(await after.annotations.labels(study)).toMatchObject([{ label: 'a' }, { label: 'b', setBy: 'test' }]);
    await after.close();
  });

  it('sets no label twice, and leaves those away that were taken away, unless somebody sets them', async () => {
    const catalog = openTestCatalog({ file: newFile() });
    const { annotations } = catalog;
    const labels = async () => (await annotations.labels(study)).map(({ label, setBy }) => [label, setBy]);
    await annotations.addLabels(set('a', 'a'));
    await annotations.addLabels({ ...set('a'), setBy: 'other' });
    expect(await labels()).toEqual([['a', 'test']]);
    expect(await annotations.removeLabel(study, 'a')).toBe(true);
    expect(await annotations.removeLabel(study, 'a')).toBe(false);
    await annotations.addLabels(set('a', 'b'), { unlessRemoved: true });
    expect(await labels()).toEqual([['b', 'test']]);
    await annotations.addLabels(set('a'));
    expect(await labels()).toEqual([
      ['a', 'test'],
      ['b', 'test'],
    ]);
    await catalog.close();
  });

  it.each([
    ['a', true],
    ['A.b_c-9', true],
    ['x'.repeat(64), true],
    ['x'.repeat(65), false],
    ['', false],
    ['a b', false],
    ['ä', false],
    ['a/b', false],
  ])('takes %j for a label: %p', async (label, isOne) => {
    const catalog = openTestCatalog({ file: newFile() });
    const { annotations } = catalog;
    const adding = annotations.addLabels(set('good', label));
    await (isOne ? adding : expect(adding).rejects.toMatchObject({ code: 'bad-request' }));
    expect(await annotations.labels(study)).toHaveLength(isOne ? 2 : 0);
    await catalog.close();
  });

  it('gives labels of the first format, which knew no sites, to this site’s own studies', async () => {
    const annotationsFile = newFile();
    const first = new Database(annotationsFile);
    first.exec(FIRST_FORMAT);
    first.prepare("INSERT INTO label VALUES (?, 'kept', 'somebody', 5)").run(StudyInstanceUID);
    first.prepare("INSERT INTO removed_label VALUES (?, 'away')").run(StudyInstanceUID);
    first.close();
    const said: string[] = [];
    const log = { warn: (_: object, sentence: string) => said.push(sentence) } as unknown as Log;
    for (let times = 0; times < 2; times++) {
      const catalog = openTestCatalog({ file: newFile(), annotationsFile, log, site: { siteId: 4 } });
      const own = { siteId: 4, StudyInstanceUID };
      await catalog.annotations.addLabels({ ...own, labels: ['away'], setBy: 'rule' }, { unlessRemoved: true });
      expect(await catalog.annotations.labels(own)).toEqual([{ label: 'kept', setBy: 'somebody', setAt: 5 }]);
      expect(await catalog.annotations.labels(study)).toEqual([]);
      await catalog.close();
    }
    expect(said).toEqual([expect.stringMatching(/of this site’s own/)]);
  });

  it('refuses a file that is damaged, of another program or of a newer release, and never empties it', async () => {
    const text = newFile();
    writeFileSync(text, 'This is no database, and it is long enough to be taken for one. '.repeat(100));
    const foreign = newFile();
    new Database(foreign).exec('CREATE TABLE label (id INTEGER PRIMARY KEY)');
    const newer = newFile();
    await openTestCatalog({ file: newFile(), annotationsFile: newer }).close();
    new Database(newer).exec('PRAGMA user_version = 99');
    for (const annotationsFile of [text, foreign, newer, path.join(folder, 'none', 'file')]) {
      const open = (): unknown => openTestCatalog({ file: newFile(), annotationsFile });
      expect(open).toThrow(expect.objectContaining({ code: 'misconfigured' }));
    }
    expect(statSync(text).size).toBe(6400);
  });
});

/** As release 0.1.0 made it. */
const FIRST_FORMAT = `
  CREATE TABLE label (
    StudyInstanceUID TEXT NOT NULL, label TEXT NOT NULL, set_by TEXT NOT NULL, set_at INTEGER NOT NULL,
    PRIMARY KEY (StudyInstanceUID, label)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX label_studies ON label (label, StudyInstanceUID);
  CREATE TABLE removed_label (
    StudyInstanceUID TEXT NOT NULL, label TEXT NOT NULL, PRIMARY KEY (StudyInstanceUID, label)
  ) STRICT, WITHOUT ROWID;
  PRAGMA application_id = ${0x444c616e};
  PRAGMA user_version = 1;`;
