import Database from 'libsql';
import type { Visibility } from '../visibility.js';
import { guard } from './database.js';
import { createKnownTags } from './known-tags.js';
import { prepareProjectionState } from './projection-state.js';
import { createPromised, promisedReading, type SeenCatalog } from './promised.js';
import { createReading } from './reading.js';
import type { SiteRules } from './site-rules.js';

/** A catalogue that another process of this server writes, for reading alone. */
export interface SharedCatalog {
  /** As `Catalog.seenBy`. */
  seenBy(visibility: Visibility, siteId?: number): SeenCatalog;
  close(): void;
}

interface OpenCatalogReader {
  file: string;
  annotationsFile: string;
  site: SiteRules;
  siteName: (siteId: number) => string;
}

/** Writing waits for nobody who reads; when files are put right after a crash, all wait. */
const BUSY_MS = 10_000;
const CACHE_KIB = 16_384;

/**
 * Opens the files of a catalogue that is open in another process. What is asked is answered as of the last that was written when it was
 * asked; each step of an answer sees one state of the catalogue, whatever is written meanwhile. Throws `misconfigured` where there is none.
 */
export function openCatalogReader({ file, annotationsFile, site, siteName }: OpenCatalogReader): SharedCatalog {
  const db = guard(file, () => {
    const opened = new Database(file);
    opened.pragma(`busy_timeout = ${BUSY_MS}`);
    opened.prepare('ATTACH ? AS annotations').run(annotationsFile);
    opened.pragma('query_only = ON');
    opened.pragma(`cache_size = -${CACHE_KIB}`);
    return opened;
  });
  const levels = guard(file, () => createKnownTags(db));
  const begin = db.prepare('BEGIN');
  const end = db.prepare('COMMIT');
  const undo = db.prepare('ROLLBACK');
  const versions = ['main', 'annotations'].map((schema) => db.prepare(`PRAGMA ${schema}.data_version`));
  const state = guard(file, () => prepareProjectionState(db, site));

  let seenVersions: readonly number[] = [];
  /** Grows with each change that another process has made. */
  let version = 0;
  let lastBlock = state.cursor();
  let rollbacks = 0;

  /** Takes notice of what was written since the last time. Blocks older than those that are kept count as rolled back: that costs an answer its turns. */
  const look = (): void => {
    const now = versions.map((one) => (one.get() as { data_version: number }).data_version);
    if (now.every((one, index) => one === seenVersions[index])) return;
    if (lastBlock && state.hashAt(lastBlock.number) !== lastBlock.hash) rollbacks++;
    lastBlock = state.cursor();
    levels.reload();
    version++;
    seenVersions = now;
  };

  const promises = createPromised((work) =>
    guard(file, () => {
      begin.run();
      try {
        look();
        const result = work();
        end.run();
        return result;
      } catch (error) {
        undo.run();
        throw error;
      }
    }),
  );
  const reading = createReading({
    ...{ db, levels, rules: site, siteName },
    rollbackCount: () => rollbacks,
    version: () => version,
  });
  const seenBy = (visibility: Visibility, siteId?: number): SeenCatalog =>
    promisedReading(reading(visibility, siteId), promises);
  const everything = seenBy('everything');
  return {
    seenBy: (visibility, siteId) =>
      visibility === 'everything' && siteId === undefined ? everything : seenBy(visibility, siteId),
    close: () => db.close(),
  };
}
