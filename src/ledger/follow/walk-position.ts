import type { BlockRef } from '../ethereum/block-ref.js';
import type { ChainStep } from '../ledger.js';
import { lastBlockOf } from './follow.js';

/** Where whoever follows the chain has come to. */
export interface WalkPosition {
  /** The last block that was taken in; undefined before the first walk. */
  readonly lastBlock: BlockRef | undefined;
  /** Changes whenever what was taken in may be of another branch of the chain than before. */
  readonly branch: number;
  /** The steps, each counted as taken in once the next is asked for. */
  along(after: BlockRef | undefined, steps: AsyncIterable<ChainStep>): AsyncGenerator<ChainStep>;
}

export function createWalkPosition(): WalkPosition {
  let lastBlock: BlockRef | undefined;
  let branch = 0;
  return {
    get lastBlock() {
      return lastBlock;
    },
    get branch() {
      return branch;
    },
    along: async function* (after, steps) {
      // A walk that broke off may have been taken in further than it said.
      if (after?.hash !== lastBlock?.hash) branch++;
      lastBlock = after;
      for await (const step of steps) {
        yield step;
        if (step.kind === 'rollback') branch++;
        lastBlock = lastBlockOf(step);
      }
    },
  };
}
