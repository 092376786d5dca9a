import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { createAnnotations } from '../sqlite/attach-annotations.js';
import { prepareChangeJournal } from '../sqlite/change-journal.js';
import { createKnownTags } from '../sqlite/known-tags.js';
import type { SiteRules } from '../sqlite/site-rules.js';
import { prepareWriting } from '../sqlite/writing.js';
import type { PostgresConnection } from './connection.js';
import { makeTables } from './tables.js';

/** Any number that no other program takes in this database: "DLcg". */
export const LOCK = 0x444c6367;

/** All that writes into a catalogue, of the one server that follows the chain. */
export interface WritingSession {
  writing: ReturnType<typeof prepareWriting>;
  annotations: ReturnType<typeof createAnnotations>;
  journal: ReturnType<typeof prepareChangeJournal>;
  /** Runs what is on the disk when it is done; other writing is a little later, and is found on the chain again. */
  durably: <T>(work: () => T) => T;
  /** Forgets what was learned in memory: after a transaction that was undone. */
  reload(): void;
}

/**
 * Begins to write, for as long as the session lasts: makes the tables where they are missing, and brings what is there up to the rules of
 * today. Throws `unavailable` with `details.isFollowed` while another server has the lock.
 */
export function createWritingSession(
  db: PostgresConnection,
  { rules, log }: { rules: SiteRules; log: Log },
): WritingSession {
  db.connect();
  try {
    const [isOurs] = db.first(`SELECT pg_try_advisory_lock(${LOCK})`) ?? [];
    if (isOurs !== 1)
      throw new LedgerError(
        'unavailable',
        'Another server of this site follows the chain and writes the catalogue; this one only reads. Ask the other one, or ask again later.',
        { retryable: true, details: { isFollowed: true } },
      );
    makeTables(db, { rules, log });
    const levels = createKnownTags(db);
    const writing = prepareWriting(db, { levels, log, rules });
    db.first('DELETE FROM touched_image');
    return {
      writing,
      annotations: createAnnotations(db, 'in PostgreSQL'),
      journal: prepareChangeJournal(db),
      durably: (work) => {
        db.first('SET synchronous_commit = on');
        try {
          return work();
        } finally {
          if (db.isConnected) db.first('SET synchronous_commit = off');
        }
      },
      reload: () => levels.reload(),
    };
  } catch (error) {
    db.end();
    throw error;
  }
}
