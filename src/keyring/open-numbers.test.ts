import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { rmSync } from 'node:fs';
import Database from 'libsql';
import type { NumberedIdentity } from './numbers.js';
import { numbersFile, openNumbers } from './open-numbers.js';
import { type KeysBed, keysBed } from './testing/keys-bed.js';

let bed: KeysBed;
let file: string;
let numbers: ReturnType<typeof openNumbers>;
beforeEach(() => {
  bed = keysBed();
  file = numbersFile(bed.folder);
  numbers = openNumbers(file);
});
afterEach(async () => {
  await numbers.close();
  bed.remove();
});

const reopen = async (): Promise<void> => {
  await numbers.close();
  numbers = openNumbers(file);
};
const lose = async (): Promise<void> => {
  await numbers.close();
  for (const ending of ['', '-wal', '-shm']) rmSync(file + ending, { force: true });
  numbers = openNumbers(file);
};

const of = (study: number, patient: number | '' = 1, issuer = 'North'): NumberedIdentity => ({
  StudyInstanceUID: `1.2.${study}`,
  IssuerOfPatientID: issuer,
  PatientID: patient === '' ? '' : `P${patient}`,
});
const incarnationOf = (key: bigint): number => Number(key >> 32n);
const serialOf = (key: bigint): number => Number(key & 0xffff_ffffn);

/** A number that changes when another connection has written. */
function dataVersion(): () => number {
  const db = new Database(file);
  return () => (db.pragma('data_version') as { data_version: number }[])[0]!.data_version;
}

describe('openNumbers', () => {
  it('counts studies and patients from 1, each for itself, under one random incarnation', async () => {
    const first = await numbers.numbersOf(of(1, 1));
    const second = await numbers.numbersOf(of(2, 1));
    const third = await numbers.numbersOf(of(3, 2));
    expect([first, second, third].map(({ studyKey }) => serialOf(studyKey))).toEqual([1, 2, 3]);
    expect([first, second, third].map(({ patientKey }) => serialOf(patientKey))).toEqual([1, 1, 2]);
    const all = [first, second, third].flatMap(({ studyKey, patientKey }) => [studyKey, patientKey]);
    expect(new Set(all.map(incarnationOf)).size).toBe(1);
    expect(incarnationOf(first.studyKey)).toBeGreaterThan(0);
    await lose();
    expect(incarnationOf((await numbers.numbersOf(of(1))).studyKey)).not.toBe(incarnationOf(first.studyKey));
  });

  it('gives a study the same numbers for ever, without a write when they are known', async () => {
    const first = await numbers.numbersOf(of(1));
    const version = dataVersion();
    const before = version();
    expect(await Promise.all([numbers.numbersOf(of(1)), numbers.numbersOf(of(1))])).toEqual([first, first]);
    await numbers.learn({ ...of(1), ...first });
    expect(version()).toBe(before);
    await numbers.numbersOf(of(2));
    expect(version()).not.toBe(before);
    await reopen();
    expect(await numbers.numbersOf(of(1))).toEqual(first);
  });

  it('has one patient for an issuer and an ID, and one for each study without an ID', async () => {
    const patientOf = async (identity: NumberedIdentity) => (await numbers.numbersOf(identity)).patientKey;
    const north = await patientOf(of(1, 5, 'North'));
    expect(await patientOf(of(2, 5, 'North'))).toBe(north);
    expect(await patientOf(of(1, 5, 'South'))).not.toBe(north);
    expect(await patientOf(of(1, 5, ''))).not.toBe(north);
    const unnamed = await patientOf(of(1, '', 'North'));
    expect(await patientOf(of(1, '', 'South'))).toBe(unnamed);
    expect(await patientOf(of(2, '', 'North'))).not.toBe(unnamed);
  });

  it('gives a study that has instances of two patients a number for each', async () => {
    const [one, two] = [await numbers.numbersOf(of(1, 1)), await numbers.numbersOf(of(1, 2))];
    expect(one.studyKey).not.toBe(two.studyKey);
    expect((await numbers.numbersOf(of(1, 1))).studyKey).toBe(one.studyKey);
    expect(one.patientKey).not.toBe(two.patientKey);
    expect((await numbers.numbersOf(of(9, 2))).patientKey).toBe(two.patientKey);
  });

  it('gives one study one number, however many ask for it together', async () => {
    const given = await Promise.all(Array.from({ length: 1000 }, (_, index) => numbers.numbersOf(of(index % 10, index % 5)))); // prettier-ignore
    expect(new Set(given.map(({ studyKey }) => studyKey)).size).toBe(10);
    expect(new Set(given.map(({ patientKey }) => patientKey)).size).toBe(5);
  });

  it('follows what was announced when it has lost its rows, and the first that it hears', async () => {
    const given = await Promise.all([1, 2, 3].map((study) => numbers.numbersOf(of(study, study))));
    await lose();
    await numbers.learn({ ...of(1, 1), ...given[0]! });
    await numbers.learn({ ...of(1, 1), studyKey: 77n, patientKey: 78n });
    await numbers.learn({ ...of(2, 2), ...given[1]! });
    await reopen();
    expect(await numbers.numbersOf(of(1, 1))).toEqual(given[0]);
    expect(await numbers.numbersOf(of(2, 2))).toEqual(given[1]);
    const third = await numbers.numbersOf(of(3, 3));
    expect(third).not.toEqual(given[2]);
    // What another server of the site has announced meanwhile changes nothing here.
    await numbers.learn({ ...of(3, 3), ...given[2]! });
    expect(await numbers.numbersOf(of(3, 3))).toEqual(third);
  });

  it('gives no number again that was announced in its own incarnation', async () => {
    const { studyKey } = await numbers.numbersOf(of(1));
    const own = (serial: number): bigint => (studyKey & ~0xffff_ffffn) | BigInt(serial);
    await numbers.learn({ ...of(2, 2), studyKey: own(40), patientKey: own(7) });
    await numbers.learn({ ...of(3, 3), studyKey: own(30), patientKey: own(6) });
    const next = await numbers.numbersOf(of(4, 4));
    expect([serialOf(next.studyKey), serialOf(next.patientKey)]).toEqual([41, 8]);
    // Also when what is announced is not taken, since the study has a number.
    await numbers.learn({ ...of(4, 4), studyKey: own(50), patientKey: own(60) });
    await reopen();
    const last = await numbers.numbersOf(of(5, 5));
    expect([serialOf(last.studyKey), serialOf(last.patientKey)]).toEqual([51, 61]);
  });

  it('gives no number again that was seen on the chain, and writes only when that is more than it knows', async () => {
    const { studyKey, patientKey } = await numbers.numbersOf(of(1));
    const serial = (key: bigint, by: number): bigint => key + BigInt(by);
    const seen = [9, 3].map((by) => ({ studyKey: serial(studyKey, by), patientKey: serial(patientKey, 2 * by) }));
    await numbers.seen(seen);
    const version = dataVersion();
    const before = version();
    await numbers.seen(seen);
    await numbers.seen([]);
    await numbers.seen([{ studyKey: 2n ** 64n - 1n, patientKey: 2n ** 64n - 1n }]);
    expect(version()).toBe(before);
    await reopen();
    const next = await numbers.numbersOf(of(2, 2));
    expect([serialOf(next.studyKey), serialOf(next.patientKey)]).toEqual([11, 20]);
  });

  it('counts from 1 again in a new incarnation, and keeps what it has given', async () => {
    const first = await numbers.numbersOf(of(1, 1));
    await numbers.newIncarnation();
    expect(await numbers.numbersOf(of(1, 1))).toEqual(first);
    const next = await numbers.numbersOf(of(2, 1));
    expect(next.patientKey).toBe(first.patientKey);
    expect(incarnationOf(next.studyKey)).not.toBe(incarnationOf(first.studyKey));
    expect(serialOf(next.studyKey)).toBe(1);
  });

  it('begins a new incarnation behind the last serial', async () => {
    const { studyKey } = await numbers.numbersOf(of(1));
    await numbers.learn({ ...of(2), studyKey: (studyKey & ~0xffff_ffffn) | 0xffff_fffen, patientKey: 1n });
    const last = await numbers.numbersOf(of(3));
    expect([incarnationOf(last.studyKey), serialOf(last.studyKey)]).toEqual([incarnationOf(studyKey), 0xffff_ffff]);
    const next = await numbers.numbersOf(of(4));
    expect(incarnationOf(next.studyKey)).not.toBe(incarnationOf(studyKey));
    expect(serialOf(next.studyKey)).toBe(1);
  });

  it('takes keys of all 64 bits', async () => {
    const keys = { studyKey: 2n ** 64n - 1n, patientKey: 2n ** 63n };
    await numbers.learn({ ...of(1), ...keys });
    await reopen();
    expect(await numbers.numbersOf(of(1))).toEqual(keys);
  });

  it('keeps more studies than one transaction takes', async () => {
    const given = await Promise.all(Array.from({ length: 2_500 }, (_, index) => numbers.numbersOf(of(index, index))));
    expect(new Set(given.map(({ studyKey }) => studyKey)).size).toBe(2_500);
    await reopen();
    for (const index of [0, 1_250, 2_499]) expect(await numbers.numbersOf(of(index, index))).toEqual(given[index]);
  });

  it('refuses a file that is not its own, and says what to do', async () => {
    const other = bed.write('other', 'This is no database. '.repeat(100));
    expect(() => openNumbers(other)).toThrow('move it away');
  });
});
