import type { Catalog, CatalogInstance } from '../catalog.js';
import type { Connection } from './database.js';
import { INSTANCE_COLUMNS, type InstanceRow, toInstance } from './instance-row.js';
import { oldestOfEachSite } from './oldest-of-each-site.js';
import { UNVERIFIED } from './projection-state.js';
import { STOPPED } from './receive.js';
import type { Settle } from './settle.js';

/** Prepares what the verification of contents comes to, and what an end of the process in it does. */
export function prepareVerdicts(db: Connection, settle: Settle) {
  const unverified = oldestOfEachSite<InstanceRow>(db, {
    columns: INSTANCE_COLUMNS,
    index: 'instance_unverified',
    where: UNVERIFIED,
    joins: 'JOIN series r ON r.id = i.series_id JOIN study s ON s.id = r.study_id',
  });
  const uidsOf = db.prepare(`
    SELECT DISTINCT SOPInstanceUID AS uid FROM instance WHERE content_key = ? AND SOPInstanceUID IS NOT NULL`);
  const settleContent = (contentKey: string): void =>
    settle((uidsOf.all(contentKey) as { uid: string }[]).map(({ uid }) => uid));
  // What was refused keeps the reason for which it was.
  const write = db.prepare(`
    INSERT INTO annotations.content AS c (content_key, is_verified, fault, detail) VALUES (?, ?, ?, ?)
    ON CONFLICT (content_key) DO UPDATE SET is_verified = excluded.is_verified,
      fault = coalesce(excluded.fault, CASE WHEN c.is_refused = 1 THEN c.fault END),
      detail = coalesce(excluded.detail, CASE WHEN c.is_refused = 1 THEN c.detail END)`);
  const end = db.prepare('DELETE FROM begun WHERE content_key = ?');
  const begunTwice = db.prepare('SELECT content_key AS contentKey FROM begun WHERE tries > 1');
  const stop = db.prepare(`
    INSERT INTO annotations.content (content_key, stopped_while)
      SELECT ?1, CASE WHEN EXISTS (SELECT 1 FROM instance WHERE content_key = ?1 AND reading IS NULL) THEN 'verifying' ELSE 'reading' END
    WHERE true
    ON CONFLICT (content_key) DO UPDATE SET stopped_while = excluded.stopped_while RETURNING stopped_while = 'reading' AS isUnread`);
  const keepBare = db.prepare(`
    UPDATE instance SET reading = 'stopped-the-server', reading_detail = ?, quarantine = 'stopped-the-server'
    WHERE content_key = ? AND reading IS NOT NULL`);
  return {
    settleContent,
    unverified: (options: Parameters<Catalog['unverified']>[0]): CatalogInstance[] =>
      unverified(options).map(toInstance),
    judge: db.transaction((contentKey: string, fault: Parameters<Catalog['judge']>[1]): void => {
      write.run(contentKey, fault === undefined ? 1 : 0, fault?.reason ?? null, fault?.detail ?? null);
      end.run(contentKey);
      settleContent(contentKey);
    }),
    /** Puts what was begun twice and did not end into quarantine; gives how many that are. */
    stopped: db.transaction((): number => {
      const contents = begunTwice.all() as { contentKey: string }[];
      for (const { contentKey } of contents) {
        const { isUnread } = stop.get(contentKey) as { isUnread: number };
        if (isUnread === 1) keepBare.run(STOPPED, contentKey);
        end.run(contentKey);
        settleContent(contentKey);
      }
      return contents.length;
    }),
  };
}
