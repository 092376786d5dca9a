import type { Log } from '../../base/log.js';
import type { Heads } from '../nodes/heads.js';
import type { LedgerNode } from '../nodes/node.js';
import type { NonceQueue } from './nonce-queue.js';
import type { NodePump } from './node-pump.js';

export interface ConfirmOptions {
  chainId: bigint;
  /** Depth in blocks at which nothing is undone any more: 1 = in the head block. */
  finalDepth: number;
  /** A node without progress for so long is sent all again that is pending, if its blocks have not shown that before. */
  stallMs: number;
  /** Called when the best node has had no progress for so long. */
  onStall?: () => void;
  signal: AbortSignal;
}

/** What one node says of the account. */
interface View {
  node: LedgerNode;
  head: bigint;
  latest: number;
  final: number;
  atMs: number;
}

/** Pools drop what they have no room for without a word: so many blocks without progress, and all is sent again. */
const STALL_BLOCKS = 4n;
const LOOK_EVERY_MS = 1_000;
/** What a node said counts for so long; a node that hangs says nothing. */
const VIEW_MS = 5_000;

/**
 * Watches the account's nonce at each node, at its newest block and at the final depth, and tells queue and pumps.
 * Receipts and pending nonces are never asked for: nodes differ in what they say of what is not in a block.
 * What is in a block is for the best node to say; what is final, for two nodes where two can be reached.
 * Resolves some time after the signal.
 */
export async function confirm(
  { heads, queue, pumps, log }: { heads: Heads; queue: NonceQueue; pumps: readonly NodePump[]; log: Log },
  { chainId, finalDepth, stallMs, onStall, signal }: ConfirmOptions,
): Promise<void> {
  const views = new Map<LedgerNode, View>();
  let best: LedgerNode | undefined;

  async function look(node: LedgerNode): Promise<View> {
    const [head, latest] = await Promise.all([node.rpc.blockNumber(), node.rpc.nonce(queue.account, 'latest')]);
    const deep = head + 1n - BigInt(finalDepth);
    const final = finalDepth === 1 ? Infinity : deep < 0n ? 0 : await node.rpc.nonce(queue.account, deep);
    return { node, head, latest, final: Math.min(latest, final), atMs: Date.now() };
  }

  async function conclude(): Promise<void> {
    const said = [...views.values()].filter(({ atMs }) => Date.now() - atMs < VIEW_MS);
    if (said.length === 0) return;
    const top = said.reduce((highest, { head }) => (head > highest ? head : highest), 0n);
    const highest = said.filter(({ head }) => head === top);
    // Of two that are equally far the former best stays, so that a fork does not make it swing.
    best = (highest.find(({ node }) => node === best) ?? highest[0]!).node;
    const { latest } = views.get(best)!;
    const finals = said.map(({ final }) => final).sort((a, b) => b - a);
    await queue.confirmed({ latest, final: Math.min(latest, finals[1] ?? finals[0]!) });
  }

  async function watch(pump: NodePump): Promise<void> {
    const { node } = pump;
    let progress = { latest: -1, atMs: 0, head: 0n };
    while (!signal.aborted) {
      if (!queue.isWaiting) {
        views.delete(node);
        await queue.waiting();
        if (signal.aborted) return;
        progress = { latest: -1, atMs: 0, head: 0n };
      }
      const seen = heads.count;
      try {
        // Whatever comes back at an address is not what was there.
        if (!views.has(node) && (await node.rpc.chainId()) !== chainId) throw new Error('it is of another chain');
        const view = await look(node);
        if (signal.aborted) return;
        views.set(node, view);
        pump.seen(view.latest);
        await conclude();
        const { latest, atMs, head } = view;
        if (latest !== progress.latest || queue.pendingTransactions === 0) progress = { latest, atMs, head };
        const isStalled = atMs - progress.atMs > stallMs;
        if (isStalled || head - progress.head >= STALL_BLOCKS) {
          progress = { latest, atMs: isStalled ? atMs : progress.atMs, head };
          const account = { account: queue.account, latest, pending: queue.pendingTransactions };
          log[isStalled ? 'warn' : 'debug'](
            { node: node.name, ...account },
            'No transaction went into a block; sending again',
          );
          pump.restart();
          if (isStalled && node === best) onStall?.();
        }
      } catch (error) {
        if (views.has(node))
          log.warn({ err: error, node: node.name }, 'The account could not be read; it is tried again');
        views.delete(node);
        pump.lost();
      }
      if (queue.isWaiting) await heads.after(seen, LOOK_EVERY_MS, signal);
    }
  }

  await Promise.all(pumps.map(watch));
}
