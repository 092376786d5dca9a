import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log.js';
import type { LedgerProvider } from './provider.js';
import type { Rpc } from './rpc.js';

/** Tells when there may be a new block. Only a wake-up: what is new is for the woken to find out. */
export interface Heads {
  /** Counts the signs of a new block. */
  readonly count: number;
  /** Resolves when `count` is above `seen`, or after `atMostMs`, or when aborted. Never rejects. */
  after(seen: number, atMostMs: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** Subscribes to new heads where the provider can push; else asks for the block number every `pollMs` while anyone waits. */
export async function watchHeads(
  { provider, rpc, log }: { provider: LedgerProvider; rpc: Rpc; log: Log },
  { pollMs }: { pollMs: number },
): Promise<Heads> {
  let count = 0;
  let waiters: (() => void)[] = [];
  const closing = new AbortController();
  let polling = false;
  let last: bigint | undefined;

  function wake(): void {
    count++;
    const woken = waiters;
    waiters = [];
    woken.forEach((resolve) => resolve());
  }

  const pushes = await subscribe();
  async function subscribe(): Promise<boolean> {
    if (!provider.on) return false;
    try {
      provider.on('message', wake);
      await provider.request({ method: 'eth_subscribe', params: ['newHeads'] });
      return true;
    } catch (error) {
      log.info({ err: error }, 'The chain does not push new blocks; they are polled');
      return false;
    }
  }

  async function poll(): Promise<void> {
    polling = true;
    while (waiters.length > 0 && !closing.signal.aborted) {
      const number = await rpc.blockNumber().catch(() => last);
      if (number !== last) wake();
      last = number;
      await sleep(pollMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
    polling = false;
  }

  return {
    get count() {
      return count;
    },
    after: (seen, atMostMs, signal) =>
      new Promise((resolve) => {
        if (count > seen || signal.aborted || closing.signal.aborted) return resolve();
        const timer = setTimeout(done, atMostMs);
        signal.addEventListener('abort', done, { once: true });
        waiters.push(done);
        if (!pushes && !polling) void poll();
        function done(): void {
          clearTimeout(timer);
          signal.removeEventListener('abort', done);
          waiters = waiters.filter((waiter) => waiter !== done);
          resolve();
        }
      }),
    close: () => {
      closing.abort();
      wake();
    },
  };
}
