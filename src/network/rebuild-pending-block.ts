import { setTimeout as sleep } from 'node:timers/promises';
import type { Ipc } from './votes.js';

export interface RebuildOptions {
  /** Clique's; with 0 geth takes every transaction at once, and nothing is to be done. */
  periodSeconds: number;
  /** Ends it. */
  signal: AbortSignal;
}

/**
 * So long before a block is due it is built again, if transactions came and no more than this share of its gas is used: a
 * fuller one takes so long to build that it might be late, and has no need of more.
 */
const LOOKS = [
  { leadMs: 500, mostFull: 1 / 2 },
  { leadMs: 200, mostFull: 1 / 4 },
];
/** When its block is not there by then, it is looked for again. */
const LATE_MS = 100;
/** A stop takes effect in the miner's own time. */
const TIMEOUT_MS = 1_000;

/**
 * Lets a geth's next block have what came since it was begun. geth builds a block as soon as it has the one before, waits until
 * it is due, and takes nothing more meanwhile (miner/worker.go: `newWorkLoop`, whose `recommit` is a second or more), so that
 * a transaction would wait one to two periods. Stopping and starting the miner builds it again; the one before, which is due
 * at the same second, stands until then (`taskLoop`). Never rejects; resolves some time after the signal.
 */
export async function rebuildPendingBlock(ipc: Ipc, { periodSeconds, signal }: RebuildOptions): Promise<void> {
  if (periodSeconds === 0) return;
  let isStopped = false;

  async function dueMs(): Promise<number> {
    const { timestamp } = (await ipc('eth_getHeaderByNumber', 'latest')) as { timestamp: string };
    return (Number(timestamp) + periodSeconds) * 1000;
  }

  async function isWorthIt(mostFull: number): Promise<boolean> {
    const [isMining, pool, taken, block] = await Promise.all([
      ipc('eth_mining'),
      ipc('txpool_status') as Promise<{ pending: string }>,
      ipc('eth_getBlockTransactionCountByNumber', 'pending'),
      ipc('eth_getHeaderByNumber', 'pending') as Promise<{ gasUsed: string; gasLimit: string }>,
    ]);
    const isFresh = Number(pool.pending) <= Number(taken);
    return isMining === true && !isFresh && Number(block.gasUsed) <= mostFull * Number(block.gasLimit);
  }

  async function becomes(isMining: boolean): Promise<boolean> {
    for (const end = Date.now() + TIMEOUT_MS; Date.now() < end; await sleep(2))
      if ((await ipc('eth_mining')) === isMining) return true;
    return false;
  }

  async function buildAgain(): Promise<void> {
    isStopped = true;
    await ipc('miner_stop');
    // A start while it still counts as mining does nothing, and the stop would come after it.
    await becomes(false);
    await startAgain();
  }

  async function startAgain(): Promise<void> {
    await ipc('miner_start');
    isStopped = !(await becomes(true));
  }

  async function watchBlock(): Promise<void> {
    if (isStopped) await startAgain();
    const due = await dueMs();
    for (const { leadMs, mostFull } of LOOKS) {
      const waitMs = due - leadMs - Date.now();
      if (waitMs < 0) continue;
      await sleep(waitMs, undefined, { signal });
      if ((await isWorthIt(mostFull)) && (await dueMs()) === due) await buildAgain();
    }
    await sleep(Math.max(LATE_MS, due + LATE_MS - Date.now()), undefined, { signal });
  }

  while (!signal.aborted)
    await watchBlock().catch(() => sleep(periodSeconds * 1000, undefined, { signal }).catch(() => undefined));
}
