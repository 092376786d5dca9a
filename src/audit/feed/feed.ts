import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../base/log.js';
import type { AuditAlarm, AuditRow } from '../audit.js';
import type { AuditDatabase } from '../audit-database.js';
import { auditRowsAfter } from '../search-audit.js';

/** Somebody else who keeps the audit too: an Audit Record Repository (IHE ITI TF-1 §9). */
export interface AuditReceiver {
  /** Where it is; stands in the database beside how far it has come. */
  name: string;
  /** Resolves when it has taken these rows. It may get them again. */
  deliver(rows: readonly AuditRow[], signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface Feed {
  readonly alarm: AuditAlarm | undefined;
  close(): Promise<void>;
}

const BATCH_ROWS = 100;
const LOOK_EVERY_MS = 500;
const MAX_PAUSE_MS = 60_000;
/** What is written down while the server stops still has so long to go out. */
const LAST_MS = 2_000;
const ALARM_AFTER_MS = 300_000;

/** Sends every row to a receiver, each at least once and in their order, from where it came to the last time. */
export function startFeed(
  { db, log }: { db: AuditDatabase; log: Log },
  { receiver }: { receiver: AuditReceiver },
): Feed {
  const { name } = receiver;
  const closing = new AbortController();
  const ending = new AbortController();
  const found = db.prepare('SELECT position FROM sent WHERE receiver = ?').get(name) as
    { position: number } | undefined;
  const keep = db.prepare(
    'INSERT INTO sent VALUES (?, ?) ON CONFLICT (receiver) DO UPDATE SET position = excluded.position',
  );
  let position = found?.position ?? 0;
  let failedSince: number | undefined;

  async function sendOn(): Promise<void> {
    let pauseMs = LOOK_EVERY_MS;
    while (!ending.signal.aborted) {
      const isLast = closing.signal.aborted;
      try {
        const rows = auditRowsAfter(db, position, BATCH_ROWS);
        if (rows.length > 0) {
          await receiver.deliver(rows, ending.signal);
          position = rows.at(-1)!.position;
          keep.run(name, position);
          if (failedSince !== undefined) log.info({ receiver: name }, 'The audit is taken again.');
          failedSince = undefined;
          pauseMs = LOOK_EVERY_MS;
          continue;
        }
      } catch (error) {
        if (failedSince === undefined)
          log.warn({ err: error, receiver: name }, 'The audit is not taken; it is tried again.');
        failedSince ??= Date.now();
        pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS);
      }
      if (isLast) return;
      await sleep(pauseMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  }

  const sending = sendOn();
  return {
    get alarm() {
      if (failedSince === undefined || Date.now() - failedSince < ALARM_AFTER_MS) return undefined;
      const sentence = `${name} has taken nothing of the audit since ${new Date(failedSince).toISOString()}: check it, its certificate and the way to it.`;
      return { code: 'audit-not-sent' as const, sentence, stopsStoring: false };
    },
    close: async () => {
      closing.abort();
      const cut = setTimeout(() => ending.abort(), LAST_MS);
      await sending;
      clearTimeout(cut);
      ending.abort();
      await receiver.close();
    },
  };
}
