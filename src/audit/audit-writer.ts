import { deferred, type Deferred } from '../base/deferred.js';
import { LedgerError } from '../base/errors.js';
import type { Log } from '../base/log.js';
import type { AuditAlarm, AuditEvent, AuditSubject } from './audit.js';
import { auditBody, auditBodyText, type AuditBody } from './audit-body.js';
import type { AuditDatabase } from './audit-database.js';
import { createOpenUses, openUseText, type OpenUse } from './open-uses.js';
import { NO_ROW, rowHash } from './row-hash.js';
import type { Subjects } from './subjects.js';

export interface AuditHead {
  /** 0 before the first row. */
  position: number;
  hash: Buffer;
}

/** Whose a study is; undefined for one that is not here. */
export type PatientOf = (StudyInstanceUID: string) => Promise<Omit<AuditSubject, 'StudyInstanceUID'> | undefined>;

export interface AuditWriter {
  record(event: AuditEvent): Promise<void>;
  note(event: AuditEvent): void;
  /** The last row that this process has written or found. */
  readonly head: AuditHead;
  readonly alarm: AuditAlarm | undefined;
  /** Writes everything down, also what is still being counted. */
  close(): void;
}

export interface AuditWriterOptions {
  /** Alike events are one within it. */
  windowMs: number;
  /** What nobody waits for is written so much later. */
  groupMs: number;
}

interface Waiting extends Deferred {
  body: AuditBody;
  subject: AuditSubject | undefined;
}

/** The row that the next one follows: the last, or that of the last part when all rows were removed. */
export function auditHead(db: AuditDatabase): AuditHead {
  const last = db
    .prepare('SELECT position, hash FROM event UNION ALL SELECT last, hash FROM part ORDER BY position DESC LIMIT 1')
    .get() as { position: number; hash: ArrayBuffer } | undefined;
  return last === undefined ? { position: 0, hash: NO_ROW } : { position: last.position, hash: Buffer.from(last.hash) };
}

/** The one that adds rows: in groups, each in one transaction. What a killed process was still counting is added first. */
export function startAuditWriter(
  { db, subjects, patientOf, log }: { db: AuditDatabase; subjects: Subjects; patientOf: PatientOf; log: Log },
  { windowMs, groupMs }: AuditWriterOptions,
): AuditWriter {
  const add = db.prepare('INSERT INTO event (position, hash, body) VALUES (?, ?, ?)');
  const keep = db.prepare('INSERT INTO open_use VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET body = excluded.body');
  const drop = db.prepare('DELETE FROM open_use WHERE key = ?');
  const uses = createOpenUses({ windowMs });
  let head = auditHead(db);
  let waiting: Waiting[] = [];
  let isFull = true;
  let soon: NodeJS.Immediate | undefined;
  let failedSince: number | undefined;

  function append(body: AuditBody, subject: AuditSubject | undefined): void {
    const isNamed = Object.values(subject ?? {}).some((value) => value !== undefined);
    const text = auditBodyText(isNamed ? { ...body, subject: subjects.refOf(subject!) } : body);
    const position = head.position + 1;
    const hash = rowHash(head.hash, { position, body: text });
    add.run(position, hash, text);
    head = { position, hash };
  }

  /** What is waited for is synced to the disk; the rest survives a kill, and is synced with the next that is waited for. */
  function syncEach(isNeeded: boolean): void {
    if (isNeeded !== isFull) db.pragma(`synchronous = ${isNeeded ? 'FULL' : 'NORMAL'}`);
    isFull = isNeeded;
  }

  function write(isLast = false): void {
    clearImmediate(soon);
    soon = undefined;
    const now = Date.now();
    const group = waiting;
    waiting = [];
    const taken = uses.take(now, isLast);
    const before = head;
    try {
      if (group.length > 0 || taken.ended.length > 0 || taken.changed.length > 0 || failedSince !== undefined) {
        syncEach(group.length > 0 || isLast);
        db.exec('BEGIN IMMEDIATE');
        for (const { body, subject } of taken.ended) {
          append(body, subject);
          drop.run(body.id);
        }
        for (const use of taken.changed) keep.run(use.body.id, openUseText(use));
        for (const { body, subject } of group) append(body, subject);
        if (failedSince !== undefined) {
          const detail = `It could not be written since ${new Date(failedSince).toISOString()}.`;
          append(auditBody({ kind: 'recording-again', outcome: 0, detail }, now), undefined);
        }
        db.exec('COMMIT');
      }
      if (failedSince !== undefined) log.info('The audit can be written again.');
      failedSince = undefined;
      for (const { resolve } of group) resolve();
    } catch (error) {
      head = before;
      subjects.forget();
      uses.giveBack(taken);
      if (db.open && db.inTransaction) db.exec('ROLLBACK');
      if (failedSince === undefined) log.error({ err: error }, 'The audit cannot be written.');
      failedSince ??= now;
      const refusal = new LedgerError(
        'unavailable',
        'The audit cannot be written, and nothing is done without a record of it; try again later.',
        { retryable: true, cause: error },
      );
      for (const { reject } of group) reject(refusal);
    }
  }

  async function complete(use: Pick<OpenUse, 'subject' | 'isChanged'>): Promise<void> {
    const { StudyInstanceUID, PatientID } = use.subject ?? {};
    if (StudyInstanceUID === undefined || PatientID !== undefined) return;
    const patient = await patientOf(StudyInstanceUID).catch(() => undefined);
    if (patient === undefined) return;
    use.subject = { StudyInstanceUID, ...patient };
    use.isChanged = true;
  }

  function addLeft(): void {
    const left = db.prepare('SELECT key, body FROM open_use').all() as { key: string; body: string }[];
    if (left.length === 0) return;
    db.exec('BEGIN IMMEDIATE');
    for (const { key, body } of left) {
      const use = JSON.parse(body) as { body: string; subject?: AuditSubject };
      append(JSON.parse(use.body) as AuditBody, use.subject);
      drop.run(key);
    }
    db.exec('COMMIT');
  }

  addLeft();
  const writing = setInterval(() => write(), groupMs).unref();
  return {
    record: async (event) => {
      const at = Date.now();
      const use = { subject: event.subject, isChanged: false };
      await complete(use);
      const entry = { ...deferred(), body: auditBody(event, at), subject: use.subject };
      waiting.push(entry);
      soon ??= setImmediate(() => write());
      await entry.promise;
    },
    note: (event) => {
      const use = uses.add(event, Date.now());
      if (use.body.count === 1) void complete(use);
    },
    get head() {
      return head;
    },
    get alarm() {
      if (failedSince === undefined) return undefined;
      const sentence =
        'The audit cannot be written: check the disk and the rights of DATA_DIR, and that no other program has audit.sqlite open. Nothing is stored until it can be.';
      return { code: 'audit-stopped' as const, sentence, stopsStoring: true };
    },
    close: () => {
      clearInterval(writing);
      write(true);
    },
  };
}
