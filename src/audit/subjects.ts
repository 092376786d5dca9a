import { createHash, randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { AuditSubject } from './audit.js';
import type { AuditDatabase } from './audit-database.js';

/** Whom the events are about, apart from the events. */
export interface Subjects {
  /** What an event writes down in place of its subject: nobody learns it from there once the subject is blinded. */
  refOf(subject: AuditSubject): string;
  /** Remembers nothing: what was added has been rolled back. */
  forget(): void;
  blind(subject: { StudyInstanceUID: string } | { PatientID: string; IssuerOfPatientID?: string }): number;
}

export interface SubjectRow {
  ref: string;
  /** As SQLite gives it. */
  salt: ArrayBuffer;
  StudyInstanceUID: string | null;
  PatientID: string | null;
  IssuerOfPatientID: string | null;
}

const REMEMBERED = 10_000;
const SALT_BYTES = 16;

/** SHA-256 over a random salt and the subject: a hash of a patient's number alone could be guessed. */
export function subjectRef(
  salt: Uint8Array,
  subject: Pick<SubjectRow, 'StudyInstanceUID' | 'PatientID' | 'IssuerOfPatientID'>,
): string {
  const { StudyInstanceUID, PatientID, IssuerOfPatientID } = subject;
  const text = JSON.stringify([StudyInstanceUID, PatientID, IssuerOfPatientID]);
  return createHash('sha256').update(salt).update(text).digest('hex');
}

export function createSubjects(db: AuditDatabase): Subjects {
  const find = db.prepare(
    'SELECT ref FROM subject WHERE StudyInstanceUID IS ? AND PatientID IS ? AND IssuerOfPatientID IS ?',
  );
  const add = db.prepare('INSERT INTO subject VALUES (?, ?, ?, ?, ?)');
  const known = new LRUCache<string, string>({ max: REMEMBERED });

  return {
    refOf: (subject) => {
      const values = [subject.StudyInstanceUID, subject.PatientID, subject.IssuerOfPatientID].map(
        (value) => value ?? null,
      );
      const key = JSON.stringify(values);
      const [StudyInstanceUID = null, PatientID = null, IssuerOfPatientID = null] = values;
      let ref = known.get(key) ?? (find.get(...values) as { ref: string } | undefined)?.ref;
      if (ref === undefined) {
        const salt = randomBytes(SALT_BYTES);
        ref = subjectRef(salt, { StudyInstanceUID, PatientID, IssuerOfPatientID });
        add.run(ref, salt, ...values);
      }
      known.set(key, ref);
      return ref;
    },
    forget: () => known.clear(),
    blind: (subject) => {
      known.clear();
      if ('StudyInstanceUID' in subject)
        return db.prepare('DELETE FROM subject WHERE StudyInstanceUID = ?').run(subject.StudyInstanceUID).changes;
      return db
        .prepare('DELETE FROM subject WHERE PatientID = ? AND (? IS NULL OR IssuerOfPatientID IS ?)')
        .run(subject.PatientID, subject.IssuerOfPatientID ?? null, subject.IssuerOfPatientID ?? null).changes;
    },
  };
}
