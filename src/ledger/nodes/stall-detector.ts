import type { Block } from '../rpc/rpc.js';

/** What is known when one looks. */
export interface StallLook {
  /** Any clock that never goes back, in milliseconds. */
  atMs: number;
  /** The newest block; undefined when nobody could be asked. */
  head: Block | undefined;
  /** Whether something waits for a block: a chain may make none without. */
  isPending: boolean;
}

/** Tells a chain that stands still from one that has nothing to do. */
export interface StallDetector {
  /** Learns the block period from two blocks, of which the second is later. */
  learn(earlier: Block, later: Block): void;
  /** How long something has waited with no new block, once that is too long; else undefined. */
  look(look: StallLook): number | undefined;
}

const STALLED_PERIODS = 10;
/** A chain that makes blocks on demand only may show no two that are near each other. */
const MOST_PERIOD_MS = 30_000;

/**
 * Too long is ten block periods, and `leastMs` at least. The period is the shortest time between blocks that was seen by
 * their timestamps: Clique and QBFT never go below theirs.
 */
export function startStallDetector({ leastMs }: { leastMs: number }): StallDetector {
  let last: Block | undefined;
  let periodMs = MOST_PERIOD_MS;
  let isLearned = false;
  let isStalled = false;
  let movedAtMs: number | undefined;

  function learn(earlier: Block, later: Block): void {
    if (later.number <= earlier.number || earlier.number === 0n) return;
    const elapsedMs = Number(later.timestamp - earlier.timestamp) * 1000;
    periodMs = Math.min(periodMs, elapsedMs / Number(later.number - earlier.number));
    isLearned = true;
  }

  return {
    learn,
    look: ({ atMs, head, isPending }) => {
      const isNew = head !== undefined && head.hash !== last?.hash;
      if (isNew && last) learn(last, head);
      if (isNew) last = head;
      // Nobody to ask says nothing of the chain: what was found stays, and what was not is not found now.
      const isUnknown = head === undefined && !isStalled;
      if (isNew || isUnknown || !isPending) movedAtMs = atMs;
      const waitedMs = atMs - (movedAtMs ??= atMs);
      isStalled = waitedMs >= (isLearned ? Math.max(leastMs, STALLED_PERIODS * periodMs) : leastMs);
      return isStalled ? waitedMs : undefined;
    },
  };
}
