import type { CatalogChange, ChangeRange } from '../change-feed.js';
import type { Visibility } from '../visibility.js';
import { and } from './condition.js';
import { blockOf } from './chain-position.js';
import type { Sight } from './sight.js';
import type { Statements } from './statements.js';

/** Rows looked at at a time, so that others have their turn. */
const BATCH = 500;
const LOGS_PER_BLOCK = 2 ** 20;

interface Row {
  sequence: number;
  action: 'create' | 'delete';
  at: number;
  site_id: number;
  StudyInstanceUID: string;
  SeriesInstanceUID: string;
  SOPInstanceUID: string;
  image_id: string;
  id: number | null;
  sealed_block: number | null;
  removed_block: number | null;
  is_last: number;
  is_seen: number;
  last_action: 'create' | 'delete';
}

/**
 * The changes of what is seen: those of instances that are there or retired, by their study. Of what is not there any more only who sees
 * everything is told: nobody can say whose it was.
 */
export function createReadChanges(
  { prepared }: Statements,
  {
    sight: { study, series },
    visibility,
    siteId,
  }: { sight: Sight; visibility: Visibility; siteId: number | undefined },
): (range: ChangeRange) => Generator<CatalogChange[]> {
  const seen = and([study, series.isSeen]);
  const ofSite = siteId === undefined ? 'true' : `c.site_id = ${siteId}`;
  const isAbsentSeen = visibility === 'everything' ? ofSite : 'false';
  const text = (newestFirst: boolean): string => `
    SELECT c.sequence, c.action, c.at, c.site_id, c.StudyInstanceUID, c.SeriesInstanceUID, c.SOPInstanceUID, c.image_key AS image_id,
      i.id, i.sealed_block, i.removed_block,
      (SELECT l.action FROM annotations.change l WHERE l.image_key = c.image_key AND l.contract = c.contract
        ORDER BY l.sequence DESC LIMIT 1) AS last_action,
      NOT EXISTS (SELECT 1 FROM annotations.change l
        WHERE l.image_key = c.image_key AND l.contract = c.contract AND l.sequence > c.sequence) AS is_last,
      CASE WHEN i.id IS NULL THEN ${isAbsentSeen} ELSE EXISTS (
        SELECT 1 FROM series r JOIN study s ON ${series.parent} WHERE r.id = i.series_id AND ${seen.sql}) END AS is_seen
    FROM annotations.change c LEFT JOIN instance i
      ON i.image_id = c.image_key AND i.contract = c.contract AND i.removed_as IS NOT 'withdrawn' AND i.standing <> 'hidden'
    WHERE c.sequence > ? AND c.sequence < ? AND c.at >= ? AND c.at < ?
    ORDER BY c.sequence ${newestFirst ? 'DESC' : ''} LIMIT ${BATCH}`;

  return function* ({ after = 0, from = 0, to = Number.MAX_SAFE_INTEGER, newestFirst = false }) {
    let [low, high] = [after, Number.MAX_SAFE_INTEGER];
    for (;;) {
      const rows = prepared(text(newestFirst)).all(...seen.values, low, high, from, to) as Row[];
      yield rows.filter((row) => row.is_seen === 1).map(toChange);
      const last = rows.at(-1);
      if (!last || rows.length < BATCH) return;
      if (newestFirst) high = last.sequence;
      else low = last.sequence;
    }
  };
}

function toChange(row: Row): CatalogChange {
  const { sequence, action, at, StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID } = row;
  const block = action === 'create' ? row.sealed_block : row.removed_block;
  return {
    ...{ sequence, action, at, siteId: row.site_id, imageId: row.image_id },
    ...{ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID },
    state: row.last_action === 'delete' ? 'deleted' : row.is_last === 1 ? 'current' : 'replaced',
    block: block === null ? undefined : BigInt(block),
    announced: row.id === null ? undefined : { block: blockOf(row.id), logIndex: row.id % LOGS_PER_BLOCK },
  };
}
