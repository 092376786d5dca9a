import type { Log } from '../base/log.js';
import type { Audit, AuditAlarm } from './audit.js';
import { auditFile, openAuditDatabase } from './audit-database.js';
import { lastAnchorOf } from './audit-parts.js';
import { startAuditWriter, type PatientOf } from './audit-writer.js';
import { startAnchors, type AuditChain } from './anchors.js';
import { startFeed, type AuditReceiver } from './feed/feed.js';
import { searchAudit } from './search-audit.js';
import { createSubjects } from './subjects.js';
import { verifyAudit } from './verify-audit.js';

export interface AuditDependencies {
  chain: AuditChain;
  patientOf: PatientOf;
  /** Whereto every row is sent, too. */
  receivers?: readonly AuditReceiver[];
  log: Log;
}

export interface AuditOptions {
  dataFolder: string;
  retentionYears: number;
  /** Alike events are one within it; 60 s unless given. */
  windowMs?: number;
  /** How often is looked whether there is something to anchor or to remove; a minute unless given. */
  lookEveryMs?: number;
  /** Milliseconds since 1970, for anchors and retention. */
  now?: () => number;
}

const WINDOW_MS = 60_000;
const GROUP_MS = 200;
const LOOK_EVERY_MS = 60_000;
const YEAR_MS = 365.25 * 86_400_000;

/** Opens the audit in `audit.sqlite` of the data folder, or makes it, and writes down that recording has begun. Throws `misconfigured`. */
export async function openAudit(
  { chain, patientOf, receivers = [], log }: AuditDependencies,
  { dataFolder, retentionYears, windowMs = WINDOW_MS, lookEveryMs = LOOK_EVERY_MS, now = Date.now }: AuditOptions,
): Promise<Audit> {
  const db = openAuditDatabase(auditFile(dataFolder));
  const subjects = createSubjects(db);
  const writer = startAuditWriter({ db, subjects, patientOf, log }, { windowMs, groupMs: GROUP_MS });
  await writer.record({ kind: 'start', outcome: 0 });
  const anchors = startAnchors(
    { db, subjects, head: () => writer.head, chain, log },
    { lookEveryMs, retentionMs: retentionYears * YEAR_MS, now },
  );
  const feeds = receivers.map((receiver) => startFeed({ db, log }, { receiver }));

  return {
    record: (event) => writer.record(event),
    note: (event) => writer.note(event),
    search: (query) => searchAudit(db, query),
    verify: () => verifyAudit({ db, chain }, { head: writer.head }),
    blind: (subject) => subjects.blind(subject),
    get alarms() {
      return [writer.alarm, anchors.alarm, ...feeds.map(({ alarm }) => alarm)].filter(
        (alarm): alarm is AuditAlarm => alarm !== undefined,
      );
    },
    get lastAnchor() {
      return lastAnchorOf(db);
    },
    close: async () => {
      await writer.record({ kind: 'stop', outcome: 0 }).catch(() => undefined);
      writer.close();
      await Promise.all(feeds.map((feed) => feed.close()));
      await anchors.close();
      db.close();
    },
  };
}
