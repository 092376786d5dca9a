import { blocksOf } from './follow.js';
import type { ChainStep } from '../ledger.js';

/** A site counts as writing for so many blocks after its last announcement or seal. */
const ACTIVE_BLOCKS = 60n;

/** Counts the sites that write, from the events that pass by. */
export interface ActiveSites {
  /** At least 1: the own site counts always. */
  readonly count: number;
  see(step: ChainStep): void;
}

export function countActiveSites({ ownSiteId }: { ownSiteId: () => number }): ActiveSites {
  const lastBlock = new Map<number, bigint>();
  let others = 0;

  return {
    get count() {
      return others + 1;
    },
    see: (step) => {
      for (const { block, events } of blocksOf(step)) {
        for (const { kind, siteId, position } of events)
          if (kind === 'announced' || kind === 'sealed') lastBlock.set(siteId, position.blockNumber);
        for (const [siteId, number] of lastBlock) if (number + ACTIVE_BLOCKS <= block.number) lastBlock.delete(siteId);
      }
      others = lastBlock.size - (lastBlock.has(ownSiteId()) ? 1 : 0);
    },
  };
}
