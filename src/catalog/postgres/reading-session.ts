import type { StudyOfSite } from '../annotations.js';
import { LedgerError } from '../../base/errors.js';
import { createAnnotations } from '../sqlite/attach-annotations.js';
import { prepareConflicts } from '../sqlite/conflicts.js';
import { prepareFaults } from '../sqlite/faults.js';
import { createKnownTags } from '../sqlite/known-tags.js';
import { prepareLocked } from '../sqlite/locked.js';
import { prepareMassRetirements } from '../sqlite/mass-retirements.js';
import { prepareQuarantine } from '../sqlite/quarantine.js';
import { createReading } from '../sqlite/reading.js';
import { prepareReadings } from '../sqlite/readings.js';
import { prepareRingQueries } from '../sqlite/ring-queries.js';
import type { SiteRules } from '../sqlite/site-rules.js';
import { prepareVerdicts } from '../sqlite/verdicts.js';
import type { PostgresConnection } from './connection.js';
import { versionOfTables } from './tables.js';

/** All that reads a catalogue. */
export interface ReadingSession {
  reading: ReturnType<typeof createReading>;
  /** What is listed for whoever follows the chain, and for admins. */
  lists: ReturnType<typeof listsOf>;
  /** Runs `work` on the catalogue as it is at one moment. */
  atOnce<T>(work: () => T): T;
}

/** Begins to read. A session that is lost is begun anew. */
export function createReadingSession(
  db: PostgresConnection,
  { rules, siteName }: { rules: SiteRules; siteName: (siteId: number) => string },
): ReadingSession {
  const version = versionOfTables(rules);
  let [snapshot, learnedAt] = ['', ''];
  let known: ReturnType<typeof createKnownTags> | undefined;
  const of = (tag: string) => {
    if (!known) known = createKnownTags(db);
    else if (learnedAt !== snapshot) known.reload();
    learnedAt = snapshot;
    return known.of(tag);
  };
  const levels = { of, learn: () => undefined, reload: () => undefined };
  const begin = (): void => {
    const [seen, there] =
      db.first(`
        BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
        SELECT pg_current_snapshot()::text, (SELECT version FROM projection_version)`) ?? [];
    if (there !== version)
      throw new LedgerError(
        'unavailable',
        'The catalogue in PostgreSQL was made by another release or with other settings than this server has: use the same on all servers of the site.',
        { retryable: true },
      );
    snapshot = String(seen);
  };
  return {
    // Ids are never given anew, and all of one answer is read at one moment.
    reading: createReading({ db, levels, rules, siteName, rollbackCount: () => 0 }),
    lists: listsOf(db, rules),
    atOnce: (work) => {
      if (!db.isConnected) db.connect();
      try {
        begin();
        const result = work();
        db.first('COMMIT');
        return result;
      } catch (error) {
        if (db.isConnected) db.first('ROLLBACK');
        throw error;
      }
    },
  };
}

function listsOf(db: PostgresConnection, rules: SiteRules) {
  const nothing = Object.assign(() => undefined, { first: nobody, read: nobody, sealed: nobody });
  const { waiting } = prepareReadings(db, nobody);
  const { unverified } = prepareVerdicts(db, nothing);
  const { quarantined } = prepareQuarantine(db, nobody);
  const { massRetirements } = prepareMassRetirements(db, { settle: nothing, uidsOfHour: () => [], rules });
  const annotations = createAnnotations(db, 'in PostgreSQL');
  return {
    labels: (study: StudyOfSite) => annotations.labels(study),
    ...{ waiting, unverified, quarantined, massRetirements },
    ...{ conflicts: prepareConflicts(db, rules), faults: prepareFaults(db, rules), locked: prepareLocked(db) },
    ...prepareRingQueries(db, rules),
  };
}

/** Where only what reads is wanted. */
const nobody = (): void => undefined;
