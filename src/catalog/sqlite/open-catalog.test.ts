import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import type { LedgerError } from '../../base/errors.js';
import { additionsSuite } from '../testing/additions-suite.js';
import { closeCollected } from '../testing/close-collected.js';
import { catalogSuite } from '../testing/catalog-suite.js';
import { matchingSuite } from '../testing/matching-suite.js';
import { projectionSuite } from '../testing/projection-suite.js';
import { returnedSuite } from '../testing/returned-suite.js';
import { visibilitySuite } from '../testing/visibility-suite.js';
import { descriptionSuite } from '../testing/description-suite.js';
import { extendedMatchingSuite } from '../testing/extended-matching-suite.js';
import { identitySuite } from '../testing/identity-suite.js';
import type { OpenForSuite } from '../testing/open-for-suite.js';
import { quarantineSuite } from '../testing/quarantine-suite.js';
import { dismissalSuite } from '../testing/dismissal-suite.js';
import { lockedSuite } from '../testing/locked-suite.js';
import { ringSuite } from '../testing/ring-suite.js';
import { invitationSuite } from '../testing/invitation-suite.js';
import { issuerSuite } from '../testing/issuer-suite.js';
import { studyKeySuite } from '../testing/study-key-suite.js';
import { readingSuite } from '../testing/reading-suite.js';
import { retirementSuite } from '../testing/retirement-suite.js';
import { runSuites } from '../testing/run-suites.js';
import { searchSuite } from '../testing/search-suite.js';
import { openTestCatalog } from '../testing/open-test-catalog.js';
import { announced, block, full, query, uidOf } from '../testing/records.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-catalog-'));
afterAll(async () => {
  await closeCollected();
  rmSync(folder, { recursive: true });
});
let files = 0;
const newFile = () => path.join(folder, `${files++}.db`);

describe('catalog on SQLite', () => {
  const open: OpenForSuite = ({ name, site } = {}) => {
    if (name === undefined) return openTestCatalog({ file: newFile(), site });
    const file = path.join(folder, `${name}.db`);
    return openTestCatalog({ file, annotationsFile: `${file}.annotations`, site });
  };
  runSuites(open, {
    catalogSuite,
    projectionSuite,
    readingSuite,
    lockedSuite,
    dismissalSuite,
    issuerSuite,
    invitationSuite,
    ringSuite,
    studyKeySuite,
    descriptionSuite,
    extendedMatchingSuite,
    identitySuite,
    additionsSuite,
    quarantineSuite,
    retirementSuite,
    searchSuite,
    returnedSuite,
    matchingSuite,
    visibilitySuite,
  });
});

describe('openCatalog', () => {
  const failure = async (work: () => unknown): Promise<unknown> => {
    try {
      await work();
    } catch (error) {
      return error;
    }
    return undefined;
  };
  const misconfigured = expect.objectContaining({ code: 'misconfigured' }) as unknown;

  it('finds everything again after it was closed', async () => {
    const file = newFile();
    const before = openTestCatalog({ file });
    await before.apply(block(1), [announced(full)]);
    const answer = await before.seenBy('everything').search(query('instance', { include: 'all' }));
    await before.close();
    const after = openTestCatalog({ file });
    expect(after.projection.cursor()).toEqual({ number: 1n, hash: '0x1' });
    expect(await after.seenBy('everything').search(query('instance', { include: 'all' }))).toEqual(answer);
    expect(
      (
        await after
          .seenBy('everything')
          .search(query('study', { match: [{ path: ['00081030'], vr: 'LO', values: ['Knee'] }] }))
      ).matches,
    ).toHaveLength(1);
    await after.close();
  });

  it('refuses what is no catalogue, and names the command that makes a new one', async () => {
    const text = newFile();
    writeFileSync(text, 'This is no database, and it is long enough to be taken for one. '.repeat(100));
    const foreign = newFile();
    const other = new Database(foreign);
    other.exec('CREATE TABLE patient (id INTEGER PRIMARY KEY)');
    other.close();
    for (const file of [text, foreign]) {
      const error = await failure(() => openTestCatalog({ file }));
      expect(error).toEqual(misconfigured);
      expect((error as LedgerError).message).toContain('dicom-ledger rebuild');
    }
  });

  it('refuses a file of a newer release', async () => {
    const file = newFile();
    await openTestCatalog({ file }).close();
    const db = new Database(file);
    db.exec('PRAGMA user_version = 99');
    db.close();
    expect(await failure(() => openTestCatalog({ file }))).toEqual(misconfigured);
  });

  it('says so when a damaged place is read', async () => {
    const file = newFile();
    const catalog = openTestCatalog({ file });
    await catalog.apply(block(1), [announced({ name: 'a' })]);
    await catalog.close();
    const handle = openSync(file, 'r+');
    // Everything behind the first page, which holds the schema.
    writeSync(handle, Buffer.alloc(64 * 4096, 0x5a), 0, 64 * 4096, 4096);
    closeSync(handle);
    expect(
      await failure(async () => {
        const damaged = openTestCatalog({ file });
        try {
          await damaged.seenBy('everything').instance(uidOf('a'));
        } finally {
          await damaged.close();
        }
      }),
    ).toEqual(misconfigured);
  });

  it('refuses a folder that is not there', async () => {
    expect(await failure(() => openTestCatalog({ file: path.join(folder, 'no', 'catalog.db') }))).toEqual(
      misconfigured,
    );
  });
});
