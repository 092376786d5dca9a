import { createKnownTags } from './known-tags.js';
import type { Log } from '../../base/log.js';
import type { Catalog, CatalogReader } from '../catalog.js';
import type { Visibility } from '../visibility.js';
import { attachAnnotations } from './attach-annotations.js';
import { type Connection, guard, openDatabase } from './database.js';
import { guardedState, prepareProjectionState } from './projection-state.js';
import { createPromised, promisedReading } from './promised.js';
import { createReading } from './reading.js';
import type { SiteRules } from './site-rules.js';
import { prepareWriting } from './writing.js';
import { prepareChangeJournal, watchInstances } from './change-journal.js';
import type { ChangeRange } from '../change-feed.js';

interface OpenCatalog {
  file: string;
  /** What this site says of studies and contents; never emptied. Without one, in memory. */
  annotationsFile?: string;
  log?: Log;
  site: SiteRules;
  /** The name that the consortium knows a site by, on one line, without spaces around it; `site <n>` of one that is not known yet. */
  siteName: (siteId: number) => string;
}

/**
 * Opens the catalogue in a SQLite file, or makes an empty one. One that a release with other tables or rows, or one with other settings
 * has made is emptied, which `log` says; the follower then walks the chain from block 0. Throws `misconfigured` when the file is damaged,
 * from a newer release or another program's; then it can be deleted and rebuilt.
 */
export function openCatalog({ file, annotationsFile, log, site: rules, siteName }: OpenCatalog): Catalog {
  const db = openDatabase({ file, log, rules });
  const annotations = closedOnFailure(db, () =>
    attachAnnotations(db, { file: annotationsFile, log, siteId: rules.siteId }),
  );
  const guarded =
    <A extends unknown[], R>(work: (...parameters: A) => R) =>
    (...parameters: A): R =>
      guard(file, () => work(...parameters));
  const promises = createPromised((work) => guard(file, work));
  const { promised, promisedEach } = promises;
  const promisedWrite = <A extends unknown[]>(work: (...parameters: A) => void) =>
    promised((...parameters: A): void => {
      try {
        work(...parameters);
        journal.noteIfDue();
      } catch (error) {
        levels.reload();
        throw error;
      }
    });
  const levels = guard(file, () => createKnownTags(db));
  const { state, writing } = closedOnFailure(db, () =>
    guard(file, () => ({
      state: prepareProjectionState(db, rules),
      writing: prepareWriting(db, { levels, log, rules }),
    })),
  );
  const journal = closedOnFailure(db, () =>
    guard(file, () => {
      watchInstances(db);
      return prepareChangeJournal(db);
    }),
  );
  let rollbacks = 0;
  const rollbackCount = (): number => rollbacks;
  const reading = createReading({ db, levels, rules, siteName, rollbackCount });

  const seenBy = (visibility: Visibility, siteId?: number): CatalogReader => {
    const seen = reading(visibility, siteId);
    return {
      ...promisedReading(seen, promises),
      changes: promisedEach(function* (range: ChangeRange) {
        journal.note();
        yield* seen.changes(range);
      }),
    };
  };
  const everything = seenBy('everything');

  return {
    projection: guardedState(state, guarded),
    annotations,
    standby: undefined,
    takeOver: async () => true,
    apply: promisedWrite(writing.apply),
    rollback: promisedWrite((...parameters: Parameters<typeof writing.rollback>): void => {
      rollbacks++;
      writing.rollback(...parameters);
    }),
    waiting: promised(writing.waiting),
    begin: promised(writing.begin),
    abandon: promised(writing.end),
    read: promisedWrite(writing.read),
    unlock: promised(writing.unlock),
    locked: promised(writing.locked),
    announcedUnder: promised(writing.announcedUnder),
    lockedImages: promised(writing.lockedImages),
    lockedImage: promised(writing.lockedImage),
    ringsOfStudy: promised(writing.ringsOfStudy),
    studiesOf: promised(writing.studiesOf),
    unverified: promised(writing.unverified),
    judge: promised(writing.judge),
    quarantined: promised(writing.quarantined),
    decide: promised(writing.decide),
    conflicts: promised(writing.conflicts),
    faults: promised(writing.faults),
    massRetirements: promised(writing.massRetirements),
    decideRetirements: promised(writing.decideRetirements),
    seenBy: (visibility, siteId) =>
      visibility === 'everything' && siteId === undefined ? everything : seenBy(visibility, siteId),
    close: async () => {
      // libsql keeps the connection until its statements are collected, so that closing does not empty the log.
      try {
        guard(file, () => db.pragma('wal_checkpoint(TRUNCATE)'));
      } finally {
        db.close();
      }
    },
  };
}

function closedOnFailure<T>(db: Connection, work: () => T): T {
  try {
    return work();
  } catch (error) {
    db.close();
    throw error;
  }
}
