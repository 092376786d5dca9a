import { setTimeout as delay } from 'node:timers/promises';
import type { Catalog } from '../../catalog/catalog.js';
import type { Hex } from '../../ledger/ethereum/hex.js';
import type { BlockRef } from '../../ledger/ethereum/block-ref.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Progress } from '../project/progress.js';

export interface ConfirmationDependencies {
  ledger: Pick<Ledger, 'isHeldTwice'>;
  catalog: Pick<Catalog, 'image' | 'hashAt'>;
  progress: Progress;
}

/** How firmly images stand on the chain, as the follower has projected it. */
export interface Confirmation {
  /**
   * Resolves with `stands` when the seal of an image has `depth` blocks (1 = it is in the head block) of which a second node
   * has the last one too; with `undone` when the catalogue has shown no seal of it for `UNDONE_BLOCKS` blocks.
   * Rejects with the signal's reason.
   */
  reached(imageKey: string, options: { depth: number; signal: AbortSignal }): Promise<'stands' | 'undone'>;
}

/** After a reorganisation, transactions that are sent again are in a block long before. */
export const UNDONE_BLOCKS = 10n;
/** A second node has a block within so long as a rule; asking again costs one small call for all that wait. */
const HELD_RETRY_MS = 100;

export function createConfirmation({ ledger, catalog, progress }: ConfirmationDependencies): Confirmation {
  const isHeldTwice = askOnce((block) => ledger.isHeldTwice(block));

  /** The block at which the depth is reached; a later one where the walk left it out. */
  const reachedAt = (number: bigint, head: BlockRef): BlockRef => {
    const hash = catalog.hashAt(number) as Hex | undefined;
    return hash === undefined ? head : { number, hash };
  };

  return {
    reached: async (imageKey, { depth, signal }) => {
      let lastSealed = progress.head?.number ?? 0n;
      const look = (): BlockRef | 'undone' | undefined => {
        const { head } = progress;
        if (!head) return undefined;
        const sealed = catalog.image(imageKey)?.sealedBlock;
        if (sealed === undefined) return head.number >= lastSealed + UNDONE_BLOCKS ? 'undone' : undefined;
        lastSealed = head.number;
        const number = sealed + BigInt(depth) - 1n;
        return head.number < number ? undefined : reachedAt(number, head);
      };
      for (;;) {
        const found = await progress.until(look, signal);
        if (found === 'undone') return 'undone';
        // It may have been undone while the second node was asked.
        if (await isHeldTwice(found)) {
          const now = look();
          if (now !== undefined && now !== 'undone') return 'stands';
        } else await delay(HELD_RETRY_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    },
  };
}

/** Many instances wait for one block: the second node is asked for it once at a time, and not again after a yes. */
function askOnce(ask: (block: BlockRef) => Promise<boolean>): (block: BlockRef) => Promise<boolean> {
  const asked = new Map<Hex, Promise<boolean>>();
  return (block) => {
    const known = asked.get(block.hash);
    if (known) return known;
    const answer = ask(block).catch(() => false);
    asked.set(block.hash, answer);
    void answer.then((isHeld) => {
      if (!isHeld) asked.delete(block.hash);
      else if (asked.size > 256) asked.delete(asked.keys().next().value!);
    });
    return answer;
  };
}
