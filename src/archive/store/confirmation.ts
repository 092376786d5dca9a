import { setTimeout as delay } from 'node:timers/promises';
import type { KeyHolder, ProjectionState } from '../../catalog/catalog.js';
import type { Hex } from '../../ledger/ethereum/hex.js';
import type { BlockRef } from '../../ledger/ethereum/block-ref.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Progress } from '../project/progress.js';
import type { NamedInstance } from './naming.js';
import { untilLate } from '../project/until-late.js';

export interface ConfirmationDependencies {
  ledger: Pick<Ledger, 'isHeldTwice' | 'image' | 'siteId'>;
  projection: Pick<ProjectionState, 'hashAt'>;
  progress: Progress;
}

/** What an image has come to: its seal stands at the depth, or is no more, or is another site's that is not shown here. */
export type Confirmed = 'stands' | 'undone' | 'foreign';

/** What is asked of an image whose seal is waited for. */
export type SealedImage = Pick<NamedInstance, 'imageId' | 'image' | 'holder'>;

/** How firmly images stand on the chain, as the follower has projected it. */
export interface Confirmation {
  /**
   * Resolves with `stands` when the seal of an image has `depth` blocks (1 = it is in the head block) of which a second node
   * has the last one too; with `undone` when it is hidden, when the catalogue has shown no seal of it for `UNDONE_BLOCKS` blocks, or
   * when the contract, asked each `unseenMs` without one, has none either; and with `foreign` when the contract has another site's.
   * Rejects with the signal's reason.
   */
  reached(named: SealedImage, options: { depth: number; signal: AbortSignal }): Promise<Confirmed>;
}

/** After a reorganisation, transactions that are sent again are in a block long before. */
export const UNDONE_BLOCKS = 10n;
/** A second node has a block within so long as a rule; asking again costs one small call for all that wait. */
const HELD_RETRY_MS = 100;

export function createConfirmation(
  { ledger, projection, progress }: ConfirmationDependencies,
  { unseenMs }: { unseenMs: number },
): Confirmation {
  const isHeldTwice = askOnce((block) => ledger.isHeldTwice(block));

  /** The block at which the depth is reached; a later one where the walk left it out. */
  const reachedAt = (number: bigint, head: BlockRef): BlockRef => {
    const hash = projection.hashAt(number) as Hex | undefined;
    return hash === undefined ? head : { number, hash };
  };

  /** Of an image whose seal the catalogue does not show, as the contract has it; undefined where the catalogue is behind. */
  const unseen = async ({ imageId }: SealedImage): Promise<'undone' | 'foreign' | undefined> => {
    if (imageId === undefined) return 'undone';
    const there = await ledger.image(imageId).catch(() => 'unknown' as const);
    if (there === 'unknown') return undefined;
    if (there?.state !== 'sealed') return 'undone';
    return there.siteId === ledger.siteId ? undefined : 'foreign';
  };

  return {
    reached: async (named, { depth, signal }) => {
      let lastSealed = progress.head?.number ?? 0n;
      const look = (): BlockRef | 'undone' | undefined => {
        const { head } = progress;
        if (!head) return undefined;
        const sealed = named.image()?.sealedBlock;
        if (sealed === undefined) {
          const isLate = head.number >= lastSealed + UNDONE_BLOCKS;
          return isLate || isHidden(named.holder()) ? 'undone' : undefined;
        }
        lastSealed = head.number;
        const number = sealed + BigInt(depth) - 1n;
        return head.number < number ? undefined : reachedAt(number, head);
      };
      for (;;) {
        const found = await untilLate(progress, look, { ms: unseenMs, signal });
        if (found === 'undone') return 'undone';
        if (found === undefined) {
          const ended = named.image()?.sealedBlock === undefined ? await unseen(named) : undefined;
          if (ended) return ended;
          signal.throwIfAborted();
        }
        // It may have been undone while the second node was asked.
        else if (await isHeldTwice(found)) {
          const now = look();
          if (now !== undefined && now !== 'undone') return 'stands';
        } else await delay(HELD_RETRY_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    },
  };
}

/** Whether what is sealed or retired under a key was read and is kept from answers. */
function isHidden(holder: KeyHolder | undefined): boolean {
  return holder?.hidden !== undefined && holder.hidden !== 'waiting' && holder.state !== 'announced';
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
