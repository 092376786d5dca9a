import type { Log } from '../log.js';
import type { Heads } from './heads.js';
import type { Rpc } from './rpc.js';
import type { Sender } from './send.js';

export interface ConfirmOptions {
  /** Depth in blocks at which nothing is undone any more: 1 = in the head block. */
  finalDepth: number;
  /** Without progress for so long, all that is pending is sent again. */
  stallMs: number;
  signal: AbortSignal;
}

export interface Confirmations {
  /** A sentence while the chain makes no blocks though something is pending. */
  readonly alarm: string | undefined;
  /** Resolves after the signal. */
  ended: Promise<void>;
}

/**
 * Watches the account's nonce at the newest block and at the final depth, and tells the sender. Receipts and pending
 * nonces are never asked for: nodes differ in what they say of what is not in a block.
 */
export function startConfirming(
  { rpc, heads, sender, log }: { rpc: Rpc; heads: Heads; sender: Sender; log: Log },
  { finalDepth, stallMs, signal }: ConfirmOptions,
): Confirmations {
  let alarm: string | undefined;

  async function look(): Promise<{ latest: number; head: bigint }> {
    const head = await rpc.blockNumber();
    const deep = head + 1n - BigInt(finalDepth);
    const [latest, final] = await Promise.all([
      rpc.nonce(sender.account, 'latest'),
      finalDepth === 1 ? Infinity : deep < 0n ? 0 : rpc.nonce(sender.account, deep),
    ]);
    await sender.confirmed({ latest, final: Math.min(latest, final) });
    return { latest, head };
  }

  async function run(): Promise<void> {
    while (!signal.aborted) {
      await sender.waiting();
      let progress = { at: Date.now(), latest: -1, head: -1n };
      while (sender.isWaiting && !signal.aborted) {
        const seen = heads.count;
        try {
          const { latest, head } = await look();
          if (latest !== progress.latest || sender.pendingTransactions === 0)
            progress = { at: Date.now(), latest, head };
          else if (Date.now() - progress.at > stallMs) {
            const seconds = Math.round(stallMs / 1000);
            if (head === progress.head)
              alarm = `The chain has made no block for ${seconds} s with transactions pending: check its nodes.`;
            log.warn(
              { latest, pending: sender.pendingTransactions },
              'No transaction went into a block; sending again',
            );
            progress = { at: Date.now(), latest, head };
            sender.resend();
            continue;
          }
          if (head !== progress.head || sender.pendingTransactions === 0) alarm = undefined;
        } catch (error) {
          log.warn({ err: error }, 'The account could not be read; it is tried again');
        }
        if (sender.isWaiting) await heads.after(seen, 1_000, signal);
      }
    }
  }

  return {
    get alarm() {
      return alarm;
    },
    ended: run(),
  };
}
