import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../base/log.js';
import { untilAborted } from '../base/until-aborted.js';
import type { AuditAlarm } from './audit.js';
import type { AuditDatabase } from './audit-database.js';
import { lastAnchorOf, partsOf } from './audit-parts.js';
import type { AuditHead } from './audit-writer.js';
import { merkleRoot } from './merkle-root.js';
import type { Subjects } from './subjects.js';

/** The chain, as far as the audit needs it. */
export interface AuditChain {
  /** Puts a root and the number of rows under it on the chain. Resolves with the hash of the transaction once that will be sent for sure. */
  anchor(root: Buffer, count: number): Promise<string>;
  /** What a transaction anchored; undefined while no block has it. */
  findAnchor(transactionHash: string): Promise<{ root: Buffer; count: number; block: bigint } | undefined>;
}

export interface Anchors {
  readonly alarm: AuditAlarm | undefined;
  /** Closes the last part and anchors it, where the chain takes it within 3 s; the next start does what is left. */
  close(): Promise<void>;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Later than this after it was written, a row without an anchor is an alarm. */
const LATEST_MS = 25 * HOUR_MS;
/** A transaction that no block has by then is made again: a reorganisation may have undone it. */
const AGAIN_AFTER_MS = HOUR_MS;
/** A stop waits so long for the chain to take the last anchor, and for its block. */
const LAST_MS = 3_000;
const LAST_PAUSE_MS = 50;
const PAGE_ROWS = 2_000;

export interface AnchorsOptions {
  lookEveryMs: number;
  /** Rows older than this are removed, with the whole of their part. */
  retentionMs: number;
  now?: () => number;
}

/** Anchors the rows on the chain, once a day and at the end, and removes what is older than it has to be kept. */
export function startAnchors(
  {
    db,
    subjects,
    head,
    chain,
    log,
  }: { db: AuditDatabase; subjects: Pick<Subjects, 'forget'>; head: () => AuditHead; chain: AuditChain; log: Log },
  { lookEveryMs, retentionMs, now = Date.now }: AnchorsOptions,
): Anchors {
  /** Aborts when nothing is waited for any more. */
  const ending = new AbortController();
  let looking: Promise<void> = Promise.resolve();
  const timer = setInterval(() => look(), lookEveryMs).unref();

  function look(): void {
    looking = looking
      .then(async () => {
        const at = firstAt(lastPart(db));
        if (at !== undefined && now() - at >= DAY_MS) await closePart();
        await anchorParts();
        removeOld();
      })
      .catch((error: unknown) => log.warn({ err: error }, 'The audit could not be anchored; it is tried again.'));
  }

  /** When the first row after `position` was written. */
  function firstAt(position: number): number | undefined {
    const row = db.prepare('SELECT at FROM event WHERE position > ? ORDER BY position LIMIT 1').get(position);
    return (row as { at: number } | undefined)?.at;
  }

  async function closePart(): Promise<void> {
    const { position: last, hash } = head();
    const first = lastPart(db) + 1;
    if (first > last) return;
    const tree = merkleRoot();
    const read = db.prepare(
      'SELECT position, hash FROM event WHERE position > ? AND position <= ? ORDER BY position LIMIT ?',
    );
    for (let after = first - 1; after < last; await breathe()) {
      const rows = read.all(after, last, PAGE_ROWS) as { position: number; hash: ArrayBuffer }[];
      if (rows.length === 0) break;
      for (const row of rows) tree.add(Buffer.from(row.hash));
      after = rows.at(-1)!.position;
    }
    db.prepare('INSERT INTO part (last, first, hash, root, closed_at) VALUES (?, ?, ?, ?, ?)').run(
      last,
      first,
      hash,
      tree.root(),
      now(),
    );
  }

  /** A chain that is stuck may answer after the database is closed, or never. */
  const asked = <T>(answer: Promise<T>): Promise<T> => untilAborted(answer, ending.signal);

  async function anchorParts(): Promise<void> {
    for (const { last, root, sentAt, transactionHash, block } of partsOf(db)) {
      if (block !== null) continue;
      const anchor = transactionHash === null ? undefined : await asked(chain.findAnchor(transactionHash));
      if (anchor !== undefined) {
        db.prepare('UPDATE part SET block = ? WHERE last = ?').run(Number(anchor.block), last);
        log.info(
          { rows: last, root: root.toString('hex'), transactionHash, block: Number(anchor.block) },
          'The audit is anchored.',
        );
      } else if (sentAt === null || now() - sentAt > AGAIN_AFTER_MS) {
        const hash = await asked(chain.anchor(root, last));
        db.prepare('UPDATE part SET transaction_hash = ?, sent_at = ? WHERE last = ?').run(hash, now(), last);
      }
    }
  }

  /** Whole parts only, anchored ones only, and never the last: its hash is what the next row follows. */
  function removeOld(): void {
    const old = partsOf(db).filter(
      ({ isRemoved, block, closedAt }) => !isRemoved && block !== null && now() - closedAt > retentionMs,
    );
    for (const { first, last } of old) {
      db.exec('BEGIN IMMEDIATE');
      db.prepare('UPDATE part SET is_removed = 1 WHERE last = ?').run(last);
      db.prepare('DELETE FROM event WHERE position BETWEEN ? AND ?').run(first, last);
      db.exec('DELETE FROM subject WHERE ref NOT IN (SELECT subject FROM event WHERE subject IS NOT NULL)');
      db.exec('COMMIT');
      subjects.forget();
      log.info({ first, last }, 'Rows of the audit were old enough to be removed.');
    }
  }

  look();
  return {
    get alarm() {
      const at = firstAt(lastAnchorOf(db)?.rows ?? 0);
      if (at === undefined || now() - at <= LATEST_MS) return undefined;
      const sentence = `What the audit has recorded since ${new Date(at).toISOString()} is not anchored on the chain: see the other alarms and the log.`;
      return { code: 'audit-not-anchored' as const, sentence, stopsStoring: false };
    },
    close: async () => {
      clearInterval(timer);
      const late = new Error('No block had the transaction yet.');
      const timeout = setTimeout(() => ending.abort(late), LAST_MS);
      try {
        await looking;
        await closePart();
        for (;;) {
          await anchorParts();
          if (partsOf(db).every(({ block }) => block !== null)) return;
          await sleep(LAST_PAUSE_MS, undefined, { signal: ending.signal });
        }
      } catch (error) {
        const fields = { err: ending.signal.aborted ? late : error };
        log.warn(fields, 'The last rows of the audit are not anchored yet; the next start looks for it.');
      } finally {
        clearTimeout(timeout);
      }
    },
  };
}

function lastPart(db: AuditDatabase): number {
  return (db.prepare('SELECT max(last) AS last FROM part').get() as { last: number | null }).last ?? 0;
}
