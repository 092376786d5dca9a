import { LRUCache } from 'lru-cache';
import type { Hex } from '../ethereum/hex.js';
import type { BlockRef } from '../ethereum/block-ref.js';
import type { Nodes } from './node.js';

/** Answers `Ledger.isHeldTwice`: whether two nodes have this very block, as far as two can be asked. */
export function createSecondHolder(nodes: Nodes): (block: BlockRef) => Promise<boolean> {
  const held = new LRUCache<Hex, true>({ max: 1_000 });

  return async ({ number, hash }) => {
    if (nodes.all.length === 1 || held.has(hash)) return true;
    const status = nodes.status();
    const asked = nodes.all.filter((_, i) => status[i]!.reachable);
    let holders = 0;
    let answers = 0;
    await new Promise<void>((resolve) => {
      const looking = asked.map(async ({ rpc }) => {
        const block = await rpc.block(number).catch(() => 'none' as const);
        if (block === 'none') return;
        answers++;
        // Whoever hangs is not waited for once two have said yes.
        if (block?.hash === hash && ++holders === 2) resolve();
      });
      void Promise.all(looking).then(() => resolve());
    });
    if (holders >= 2) held.set(hash, true);
    return holders >= 2 || answers < 2;
  };
}
