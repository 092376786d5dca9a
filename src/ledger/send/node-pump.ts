import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../base/log.js';
import type { LedgerNode } from '../nodes/node.js';
import { rpcFailure } from '../rpc/provider.js';
import type { NonceQueue } from './nonce-queue.js';

/** So many bytes of transactions are asked of a node at once; as hex in JSON they are twice as many. */
const BROADCAST_BYTES = 1_900_000;
const FIRST_RETRY_MS = 60;
/** A full pool has room after the next block; what else is refused needs a person. */
const MOST_RETRY_MS = { full: 250, refused: 5_000 };

/** What a node does not take for a reason of its own. */
export interface Refusal {
  nonce: number;
  reason: string;
}

/** Sends a queue to one node, at that node's pace. */
export interface NodePump {
  readonly node: LedgerNode;
  /** This node has taken all below, or has it in blocks. */
  readonly position: number;
  readonly refusal: Refusal | undefined;
  /** There may be more to send. */
  wake(): void;
  /** The account's next nonce at the node's newest block, as it says itself. What was lost is sent again from there. */
  seen(latest: number): void;
  /** The node could not be reached: its pool may be gone. Nothing is sent until it is seen again. */
  lost(): void;
  /** Sends all again that is not in its blocks. */
  restart(): void;
  close(): void;
}

export interface NodePumpOptions {
  /** The node has taken everything below. */
  onTaken?: (position: number) => void;
  /** The node's pool has no room for this one. */
  onFull?: (nonce: number) => void;
}

export function startNodePump(
  { node, queue, log }: { node: LedgerNode; queue: NonceQueue; log: Log },
  { onTaken, onFull }: NodePumpOptions = {},
): NodePump {
  let position = queue.latest;
  let latest = queue.latest;
  let isLost = false;
  let refusal: Refusal | undefined;
  let retryMs = FIRST_RETRY_MS;
  let batchBytes = BROADCAST_BYTES;
  let isRunning = false;
  let isWoken = false;
  const closing = new AbortController();

  function wake(): void {
    isWoken = true;
    if (!isRunning) void run();
  }

  async function run(): Promise<void> {
    isRunning = true;
    while (isWoken && !isLost && !closing.signal.aborted) {
      isWoken = false;
      const from = position;
      const batch = await queue.from(from, batchBytes);
      if (batch.length === 0) continue;
      isWoken = true;
      const answers = await Promise.allSettled(batch.map(({ raw }) => node.rpc.send(raw)));
      const failed = answers.findIndex((answer) => answer.status === 'rejected' && !isTaken(answer.reason));
      // Meanwhile it may have been set back, to send again, or on, by a block.
      if (position === from) position = failed === -1 ? from + batch.length : batch[failed]!.nonce;
      if (position > from) onTaken?.(position);
      if (failed === -1) {
        retryMs = FIRST_RETRY_MS;
        batchBytes = BROADCAST_BYTES;
        refusal = undefined;
      } else {
        // One alone asks whether there is room again.
        batchBytes = 1;
        await handle((answers[failed] as PromiseRejectedResult).reason, batch[failed]!.nonce);
      }
    }
    isRunning = false;
  }

  async function handle(error: unknown, nonce: number): Promise<void> {
    const said = rpcFailure(error)?.message;
    if (said === undefined) {
      isLost = true;
      return;
    }
    const isFull = /underpriced|pool is full|txpool/i.test(said);
    if (!isFull) {
      if (refusal?.reason !== said)
        log.warn({ node: node.name, nonce, reason: said }, 'A transaction was not taken; it is sent again');
      refusal = { nonce, reason: said };
    }
    await sleep(retryMs, undefined, { signal: closing.signal }).catch(() => undefined);
    // Only now: another node may have taken it meanwhile.
    if (isFull) onFull?.(nonce);
    retryMs = Math.min(retryMs * 2, isFull ? MOST_RETRY_MS.full : MOST_RETRY_MS.refused);
  }

  function moveTo(next: number): void {
    if (next < position) retryMs = FIRST_RETRY_MS;
    position = next;
    wake();
  }

  return {
    node,
    get position() {
      return position;
    },
    get refusal() {
      return refusal;
    },
    wake,
    seen: (now) => {
      const isBack = isLost || now < latest;
      latest = now;
      isLost = false;
      moveTo(isBack ? Math.min(position, now) : Math.max(position, now));
    },
    lost: () => {
      isLost = true;
    },
    restart: () => moveTo(Math.min(position, latest)),
    close: () => closing.abort(),
  };
}

/** The node has it, or a block has: whether it did what it should is seen from the contract's state. */
function isTaken(error: unknown): boolean {
  const said = rpcFailure(error)?.message ?? '';
  return /already (known|imported|in mempool)|known transaction|nonce too low|replacement transaction underpriced/i.test(
    said,
  );
}
