import { randomInt } from 'node:crypto';
import path from 'node:path';
import type Database from 'libsql';
import { openOwnDatabase } from '../base/open-own-database.js';
import { batchWrites } from './batch-writes.js';
import type { NumberedIdentity, Numbers, StudyNumbers } from './numbers.js';

/** The upper half of the numbers that are given now, and the lower half of the last one of each kind. */
interface Numbering {
  incarnation: number;
  last_study: number;
  last_patient: number;
}

const SERIALS = 2 ** 32;

export const numbersFile = (folder: string): string => path.join(folder, 'numbers.sqlite');

/**
 * Opens the table of numbers or makes it, with an incarnation of its own. Throws `misconfigured` as `openOwnDatabase` does; who loses
 * the file begins a new one, which follows the chain by `learn`.
 */
export function openNumbers(file: string): Numbers & { close(): Promise<void> } {
  const db = openOwnDatabase(file, {
    // "DLnu"
    applicationId: 0x444c6e75,
    format: 1,
    tablesFile: new URL('./tables.sql', import.meta.url),
    remedy:
      'It has the numbers of studies and patients: move it away, and a new one follows what this site has announced.',
  });
  // What is taken out of it is to be found by nobody.
  db.pragma('secure_delete = ON');
  db.exec(`INSERT OR IGNORE INTO numbering VALUES (1, ${newUpperHalf()}, 0, 0)`);
  const table = numberTable(db);
  const batch = batchWrites(db);
  return {
    numbersOf: async (identity) => table.find(identity) ?? batch.write(() => table.give(identity)),
    learn: async (announced) => {
      if (!table.isLearnt(announced)) await batch.write(() => table.learn(announced));
    },
    seen: async (announced) => {
      if (!table.isBelow(announced)) await batch.write(() => table.rise(announced));
    },
    newIncarnation: () => batch.write(() => table.begin()),
    close: async () => {
      await batch.ended();
      db.close();
    },
  };
}

/** What is asked and written; whoever calls what writes has opened a transaction. */
function numberTable(db: Database.Database) {
  const studyOf = db.prepare('SELECT study_key AS key FROM study WHERE StudyInstanceUID = ?');
  const patientOf = db.prepare(
    'SELECT patient_key AS key FROM patient WHERE IssuerOfPatientID = ? AND PatientID = ? AND StudyInstanceUID = ?',
  );
  const addStudy = db.prepare('INSERT OR IGNORE INTO study VALUES (?, ?)');
  const addPatient = db.prepare('INSERT OR IGNORE INTO patient VALUES (?, ?, ?, ?)');
  const readNumbering = db.prepare('SELECT incarnation, last_study, last_patient FROM numbering');
  const writeNumbering = db.prepare('UPDATE numbering SET incarnation = ?, last_study = ?, last_patient = ?');

  const numbering = (): Numbering => readNumbering.get() as Numbering;
  const write = ({ incarnation, last_study, last_patient }: Numbering): void =>
    void writeNumbering.run(incarnation, last_study, last_patient);
  const begin = (): Numbering => {
    const before = numbering().incarnation;
    let incarnation = newUpperHalf();
    while (incarnation === before) incarnation = newUpperHalf();
    const fresh = { incarnation, last_study: 0, last_patient: 0 };
    write(fresh);
    return fresh;
  };
  const next = (kind: 'last_study' | 'last_patient'): bigint => {
    let now = numbering();
    if (now[kind] >= SERIALS - 1) now = begin();
    const given = { ...pick(now), [kind]: now[kind] + 1 };
    write(given);
    return (BigInt(given.incarnation) << 32n) | BigInt(given[kind]);
  };
  const studyKeyOf = ({ StudyInstanceUID }: NumberedIdentity): bigint | undefined =>
    keyOf(studyOf.get(StudyInstanceUID));
  const patientKeyOf = (identity: NumberedIdentity): bigint | undefined =>
    keyOf(patientOf.get(...patientPlace(identity)));
  const setStudy = ({ StudyInstanceUID }: NumberedIdentity, key: bigint): bigint => {
    addStudy.run(StudyInstanceUID, bytesOf(key));
    return key;
  };
  const setPatient = (identity: NumberedIdentity, key: bigint): bigint => {
    addPatient.run(...patientPlace(identity), bytesOf(key));
    return key;
  };
  /** The numbering when those numbers count as given that are of its incarnation. */
  const above = (now: Numbering, announced: readonly StudyNumbers[]): Numbering => {
    const { incarnation } = now;
    let { last_study, last_patient } = now;
    for (const { studyKey, patientKey } of announced) {
      last_study = Math.max(last_study, serialIn(incarnation, studyKey));
      last_patient = Math.max(last_patient, serialIn(incarnation, patientKey));
    }
    return { incarnation, last_study, last_patient };
  };
  const isBelow = (announced: readonly StudyNumbers[]): boolean => {
    const now = numbering();
    const then = above(now, announced);
    return then.last_study === now.last_study && then.last_patient === now.last_patient;
  };
  const rise = (announced: readonly StudyNumbers[]): void => {
    if (!isBelow(announced)) write(above(numbering(), announced));
  };

  const find = (identity: NumberedIdentity): StudyNumbers | undefined => {
    const [studyKey, patientKey] = [studyKeyOf(identity), patientKeyOf(identity)];
    return studyKey === undefined || patientKey === undefined ? undefined : { studyKey, patientKey };
  };
  return {
    find,
    /** What has no number yet gets the next one. */
    give: (identity: NumberedIdentity): StudyNumbers => ({
      studyKey: studyKeyOf(identity) ?? setStudy(identity, next('last_study')),
      patientKey: patientKeyOf(identity) ?? setPatient(identity, next('last_patient')),
    }),
    isLearnt: (announced: NumberedIdentity & StudyNumbers): boolean =>
      find(announced) !== undefined && isBelow([announced]),
    learn: (announced: NumberedIdentity & StudyNumbers): void => {
      setStudy(announced, announced.studyKey);
      setPatient(announced, announced.patientKey);
      rise([announced]);
    },
    /** Whether the counters are at or above all of these. */
    isBelow,
    rise,
    begin: (): void => void begin(),
  };
}

/** The serial of a number of this incarnation; 0 for another's. */
function serialIn(incarnation: number, key: bigint): number {
  return Number(key >> 32n) === incarnation ? Number(key & 0xffff_ffffn) : 0;
}

/** Never zero: a contract takes no number that is. */
function newUpperHalf(): number {
  return randomInt(1, SERIALS);
}

/** Rows of libsql carry more than their columns. */
function pick({ incarnation, last_study, last_patient }: Numbering): Numbering {
  return { incarnation, last_study, last_patient };
}

function patientPlace({ IssuerOfPatientID, PatientID, StudyInstanceUID }: NumberedIdentity): [string, string, string] {
  return PatientID === '' ? ['', '', StudyInstanceUID] : [IssuerOfPatientID, PatientID, ''];
}

function keyOf(row: unknown): bigint | undefined {
  return row === undefined ? undefined : (row as { key: Buffer }).key.readBigUInt64BE();
}

function bytesOf(key: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(key);
  return bytes;
}
