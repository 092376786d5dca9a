import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../base/log.js';
import type { Hex } from '../ethereum/hex.js';
import type { LedgerNode, Nodes } from './node.js';

/** Tells when there may be a new block. Only a wake-up: what is new is for the woken to find out. */
export interface Heads {
  /** Counts the signs of a new block. */
  readonly count: number;
  /** Resolves when `count` is above `seen`, or after `atMostMs`, or when aborted. Never rejects. */
  after(seen: number, atMostMs: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

/** The others are looked at so often: whether they are there, and how far. */
const OTHERS_MS = 1_000;

/** Subscribes to new heads where nodes push; else asks for the newest block every `pollMs` while anyone waits. */
export async function watchHeads(
  { nodes, log }: { nodes: Nodes; log: Log },
  { pollMs }: { pollMs: number },
): Promise<Heads> {
  let count = 0;
  let waiters: (() => void)[] = [];
  const closing = new AbortController();
  const pushing = new Set<LedgerNode>();
  let polling = false;
  let last: Hex | undefined;
  let lookedAtMs = -Infinity;

  function wake(): void {
    count++;
    const woken = waiters;
    waiters = [];
    woken.forEach((resolve) => resolve());
  }

  await Promise.all(nodes.all.map(subscribe));
  async function subscribe(node: LedgerNode): Promise<void> {
    if (!node.provider.on) return;
    try {
      node.provider.on('message', wake);
      await node.provider.request({ method: 'eth_subscribe', params: ['newHeads'] });
      pushing.add(node);
    } catch (error) {
      log.info({ err: error, node: node.name }, 'The node does not push new blocks; they are polled');
    }
  }

  const isPolled = (): boolean => nodes.all.length > 1 || !pushing.has(nodes.all[0]!);

  async function poll(): Promise<void> {
    polling = true;
    while (waiters.length > 0 && !closing.signal.aborted) {
      const [best] = nodes.preferred();
      if (performance.now() - lookedAtMs > OTHERS_MS) {
        lookedAtMs = performance.now();
        nodes.all.forEach((node, i) => {
          if (node !== best && nodes.status()[i]!.reachable) node.rpc.block('latest').catch(() => undefined);
        });
      }
      if (!pushing.has(best!)) {
        const hash = (await nodes.rpc.block('latest').catch(() => undefined))?.hash ?? last;
        if (hash !== last) wake();
        last = hash;
      }
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
        if (isPolled() && !polling) void poll();
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
