import type { AppliedBlock } from '../catalog.js';
import type { Change } from '../change.js';
import { chainPosition } from './chain-position.js';
import type { Connection } from './database.js';
import { hourOf, type prepareRetirements } from './retirements.js';
import type { Settle } from './settle.js';

/** The newest announcement of an image ID at a contract that was not withdrawn. */
export interface Live {
  id: number;
  site_id: number;
  SOPInstanceUID: string | null;
  sealed_block: number | null;
  /** It is retired, whether or not that has effect. */
  removed_block: number | null;
  removed_at: number | null;
  is_counted_retirement: number | null;
}

/** Prepares taking an image out of use, and into use again. */
export function prepareRemovals(
  db: Connection,
  { settle, retirements }: { settle: Settle; retirements: ReturnType<typeof prepareRetirements> },
) {
  const withdraw = db.prepare(
    "UPDATE instance SET removed_block = ?, removed_at = ?, removed_as = 'withdrawn' WHERE id = ?",
  );
  const retire = db.prepare(`
    UPDATE instance SET removed_block = ?, removed_at = ?, removed_as = 'retired', retired_reason = ?, retired_by = ?,
      retired_ruling = ?, is_counted_retirement = ? WHERE id = ?`);
  const keepPast = db.prepare(`
    INSERT INTO past_retirement (id, instance_id, removed_block, removed_at, retired_reason, retired_by, retired_ruling,
      is_counted_retirement)
    SELECT ?, id, removed_block, removed_at, retired_reason, retired_by, retired_ruling, is_counted_retirement
    FROM instance WHERE id = ?`);
  const restore = db.prepare(`
    UPDATE instance SET removed_block = NULL, removed_at = NULL, removed_as = NULL, retired_reason = NULL,
      retired_by = NULL, retired_ruling = NULL, is_counted_retirement = NULL
    WHERE id = ?`);

  const uidsOf = ({ SOPInstanceUID }: Live): string[] => (SOPInstanceUID === null ? [] : [SOPInstanceUID]);
  /** Ends the retirement that lasts. Gives the SOP Instance UIDs of others that may stand another way for it. */
  const end = (live: Live, position: number): string[] => {
    keepPast.run(position, live.id);
    restore.run(live.id);
    if (live.is_counted_retirement !== 1 || live.removed_at === null) return [];
    return retirements.ended({ siteId: live.site_id, hour: hourOf(live.removed_at) });
  };
  return {
    withdraw: (live: Live, { number, timestamp }: AppliedBlock['block']): void => {
      withdraw.run(Number(number), timestamp, live.id);
      settle(uidsOf(live));
    },
    /** Of one that is retired, the new retirement takes the place of the one before. */
    retire: (live: Live, block: AppliedBlock['block'], event: Change & { kind: 'retired' }): void => {
      const { reason, by, isOwn, ruling, logIndex } = event;
      const isCounted = !isOwn && ruling === 0;
      const uids = uidsOf(live);
      if (live.removed_block !== null) uids.push(...end(live, chainPosition(block.number, logIndex)));
      retire.run(Number(block.number), block.timestamp, reason, by, ruling, isCounted ? 1 : 0, live.id);
      if (isCounted) uids.push(...retirements.added({ siteId: live.site_id, hour: hourOf(block.timestamp) }));
      settle(new Set(uids));
    },
    restore: (live: Live, position: number): void => {
      settle(new Set([...uidsOf(live), ...end(live, position)]));
    },
  };
}
