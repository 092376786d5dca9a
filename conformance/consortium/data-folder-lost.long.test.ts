import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { numbersFile, openNumbers } from '../../src/keyring/open-numbers.js';
import { main, runCommand } from '../testing/command-line.js';
import {
  bytesOf,
  type DataSet,
  get,
  instancePath,
  sha256,
  storedSingle,
  stowSingle,
} from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { openSharingSites, type SharingSite, type SharingSites } from './testing/sharing-sites.js';

const LIMIT = { timeoutMs: 180_000 };
const PatientID = 'P-1';

let bed: SharingSites;
let one: SharingSite;
let two: SharingSite;
beforeAll(async () => {
  bed = await openSharingSites(2);
  [one, two] = bed.sites as [SharingSite, SharingSite];
}, 300_000);
afterAll(() => bed?.close());

interface Made {
  file: Buffer;
  ids: { study: string; series: string; instance: string };
}

function image(study = newUid()): Made {
  const ids = { study, series: newUid(), instance: newUid() };
  const uids = { StudyInstanceUID: study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance };
  return { file: ctSlice({ ...uids, PatientID }), ids };
}

async function store({ url }: SharingSite, { file }: Made): Promise<void> {
  expect((await stowSingle(url, file)).status).toBe(200);
}

async function studiesAt({ url }: SharingSite): Promise<unknown[]> {
  const answer = await get(`${url}/dicom-web/studies`);
  if (answer.status === 204) return [];
  return ((await answer.json()) as DataSet[]).map((study) => study['0020000D']?.Value?.[0]).sort();
}

async function isByteEqual({ url }: SharingSite, { file, ids }: Made): Promise<boolean> {
  return sha256(await bytesOf(await get(`${url}${instancePath(ids)}`, storedSingle))) === sha256(file);
}

/** The numbers of these studies, as a server that does not run has given them or learnt them. */
async function studyKeysOf({ dataFolder }: SharingSite, studies: readonly string[]): Promise<bigint[]> {
  const numbers = openNumbers(numbersFile(path.join(dataFolder, 'keys')));
  try {
    const identities = studies.map((study) => ({ StudyInstanceUID: study, IssuerOfPatientID: 'SITE-1', PatientID }));
    return (await Promise.all(identities.map((each) => numbers.numbersOf(each)))).map(({ studyKey }) => studyKey);
  } finally {
    await numbers.close();
  }
}

/** `keys restore` as on a new machine: with the settings of the old one, and the words typed. */
async function restoreKeys(backup: string, words: string, env: Record<string, string>): Promise<number | null> {
  const child = spawn(process.execPath, [main, 'keys', 'restore', backup], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.stdin.end(words);
  return ((await once(child, 'exit')) as [number | null])[0];
}

describe('A site of a network that has lost its DATA_DIR', () => {
  it('has all that it had stored, from the chain and the backup of its keys, and goes on with numbers of its own', async () => {
    const before = [image(), image(), image()];
    const studies = before.map(({ ids }) => ids.study);
    for (const each of before) await store(one, each);
    await store(two, image());
    const backup = path.join(bed.folder, 'backup');
    const env = { DATA_DIR: one.dataFolder, KEY_PASSPHRASE_FILE: path.join(bed.folder, 'passphrase') };
    const { code, stdout: words } = await runCommand(['keys', 'backup', backup], env);
    expect(code).toBe(0);

    await one.server.kill9();
    const numbersBefore = await studyKeysOf(one, studies);
    rmSync(one.dataFolder, { recursive: true });
    expect(await restoreKeys(backup, words, env)).toBe(0);
    await one.start();
    await until('all studies to be found', async () => (await studiesAt(one)).length === studies.length, LIMIT);
    expect(await studiesAt(one)).toEqual([...studies].sort());
    for (const each of before) expect(await isByteEqual(one, each)).toBe(true);

    const after = [image(), image(studies[0])];
    for (const each of after) await store(one, each);
    for (const each of [...before, ...after]) expect(await isByteEqual(one, each)).toBe(true);
    const fresh = after[0]!.ids.study;
    expect(await studiesAt(one)).toEqual([...studies, fresh].sort());

    await one.server.stop();
    expect(await studyKeysOf(one, studies)).toEqual(numbersBefore);
    const [freshKey] = await studyKeysOf(one, [fresh]);
    for (const key of numbersBefore) expect(freshKey! >> 32n).not.toBe(key >> 32n);
    await one.start();
    for (const each of [...before, ...after]) expect(await isByteEqual(one, each)).toBe(true);
  });
});
