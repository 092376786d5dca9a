import { LedgerError } from '../../base/errors.js';
import type { AppliedBlock, CatalogBlock } from '../catalog.js';
import type { Change, ImageChange } from '../change.js';

import { chainPosition } from './chain-position.js';
import type { Connection } from './database.js';
import { createAffected, type Facts } from './facts.js';
import type { KnownTags } from './known-tags.js';
import type { Receive } from './receive.js';
import { type Live, prepareRemovals } from './removals.js';
import { prepareRetirements } from './retirements.js';
import { prepareRollback } from './rollback.js';
import type { Settle } from './settle.js';
import type { SiteRules } from './site-rules.js';

/** Blocks whose hash is kept, for the search of a common ancestor. */
const KEPT_BLOCKS = 256;

type TimedBlock = AppliedBlock['block'];

interface ProjectionDependencies {
  levels: KnownTags;
  settle: Settle;
  receive: Receive;
  facts: Facts;
  rules: SiteRules;
}

/**
 * Writes blocks into the tables and takes them back; each call is one transaction. How far an image is follows from the events alone,
 * whether or not it was read. A change that does not fit the state it meets is passed over, so that no chain can stop the walk: an event
 * of an image that is not there, a second announcement of one that is sealed or retired, a restoration of one that is not retired. A second announcement of one that is only
 * announced takes its place.
 */
export function prepareProjection(db: Connection, { levels, settle, receive, facts, rules }: ProjectionDependencies) {
  const cursor = db.prepare('SELECT max(number) AS number FROM block');
  const addBlock = db.prepare(`
    INSERT INTO block (number, hash) VALUES (?, ?) ON CONFLICT (number) DO UPDATE SET hash = excluded.hash`);
  const dropOldBlocks = db.prepare(`
    DELETE FROM block WHERE number <
      (SELECT number FROM block ORDER BY number DESC LIMIT 1 OFFSET ${KEPT_BLOCKS - 1})`);
  const liveKey = db.prepare(`
    SELECT id, site_id, SOPInstanceUID, sealed_block, removed_block, removed_at, is_counted_retirement FROM instance
    WHERE image_id = ? AND contract = ? AND removed_as IS NOT 'withdrawn'`);
  const seal = db.prepare('UPDATE instance SET sealed_block = ?, sealed_at = ?, sealed_pages = ? WHERE id = ?');
  const isReleased = db.prepare('SELECT 1 FROM annotations.content WHERE content_key = ? AND is_released = 1');
  const retirements = prepareRetirements(db, rules);
  const removals = prepareRemovals(db, { settle, retirements });
  const rollback = prepareRollback(db);

  const announce = (block: TimedBlock, { image, reading, logIndex }: Change & { kind: 'announced' }): void => {
    const { siteId, studyKey, contentKey } = image;
    const announced = { image, at: block.timestamp };
    const row = { id: chainPosition(block.number, logIndex), siteId, studyKey, contentKey, announced };
    const isToBeReadAgain = reading.kind === 'quarantined' && isReleased.get(contentKey) !== undefined;
    receive(row, isToBeReadAgain ? { kind: 'waiting' } : reading);
  };

  const change = (block: TimedBlock, event: ImageChange): void => {
    const live = liveKey.get(event.imageId, event.contract) as Live | undefined;
    if (event.kind === 'announced') {
      if (live) {
        if (live.sealed_block !== null || live.removed_block !== null) return;
        removals.withdraw(live, block);
      }
      return announce(block, event);
    }
    if (!live) return;
    const isRetired = live.removed_block !== null;
    if (event.kind === 'restored') {
      if (isRetired) removals.restore(live, chainPosition(block.number, event.logIndex));
    } else if (event.kind === 'retired') {
      if (!isRetired || event.ruling > 0) removals.retire(live, block, event);
    } else if (isRetired) return;
    else if (event.kind === 'sealed') {
      if (live.sealed_block !== null) return;
      seal.run(Number(block.number), block.timestamp, event.pages, live.id);
      settle.sealed(live.id);
    } else if (live.sealed_block === null) removals.withdraw(live, block);
  };

  const apply = (block: TimedBlock, changes: readonly Change[]): void => {
    const { number: at } = cursor.get() as { number: number | null };
    if (at !== null && block.number <= BigInt(at))
      throw new LedgerError(
        'internal',
        `Block ${block.number.toString()} cannot be applied at block ${at}; roll back first.`,
      );
    const affected = createAffected();
    for (const event of changes)
      if ('imageId' in event) change(block, event);
      else affected.add(facts.taken(chainPosition(block.number, event.logIndex), event));
    // Once for all that the block says: members may say much.
    affected.settle(settle);
    addBlock.run(Number(block.number), block.hash);
    dropOldBlocks.run();
  };

  return {
    apply: db.transaction(apply),
    rollback: db.transaction((to: CatalogBlock, blocks: readonly AppliedBlock[] = []): void => {
      const affected = createAffected();
      affected.add(facts.undone(chainPosition(to.number + 1n, 0)));
      const { SOPInstanceUIDs, hours, ...touched } = rollback(to.number);
      const held = hours.flatMap((hour) => retirements.recounted(hour));
      settle(new Set([...SOPInstanceUIDs, ...held]), touched);
      affected.settle(settle);
      addBlock.run(Number(to.number), to.hash);
      levels.reload();
      for (const { block, changes } of blocks) apply(block, changes);
    }),
  };
}
