import { LedgerError } from '../../base/errors.js';
import type { Ledger } from '../../ledger/ledger.js';

/** How long requests wait for a chain that does not move. */
export interface ChainWait {
  /**
   * Settles as `promise` does, or rejects with `unavailable` and that sentence when an alarm that stops storing has lasted for
   * `graceMs`, or when `maxWaitMs` are over. Only the waiting ends: the work behind the promise goes on.
   */
  within<T>(promise: Promise<T>, options: { maxWaitMs: number; sentence: string }): Promise<T>;
}

export interface ChainWaitOptions {
  /** A node that is back within so long fails no request. */
  graceMs: number;
  /** Between two looks at the alarms, while somebody waits. */
  checkMs: number;
}

const DEFAULT_CHAIN_WAIT: ChainWaitOptions = { graceMs: 15_000, checkMs: 1000 };

interface Waiter {
  endsAt: number;
  giveUp(): void;
}

export function createChainWait(
  { ledger }: { ledger: Pick<Ledger, 'health'> },
  { graceMs, checkMs }: ChainWaitOptions = DEFAULT_CHAIN_WAIT,
): ChainWait {
  const waiting = new Set<Waiter>();
  let isLooking = false;
  let alarmSince: number | undefined;

  const look = async (): Promise<void> => {
    const health = await ledger.health().catch(() => undefined);
    const now = Date.now();
    if (health) alarmSince = health.alarms.some((alarm) => alarm.stopsStoring) ? (alarmSince ?? now) : undefined;
    const isLong = alarmSince !== undefined && now - alarmSince >= graceMs;
    for (const waiter of [...waiting]) if (isLong || now >= waiter.endsAt) waiter.giveUp();
  };
  const lookLater = (): void => {
    if (isLooking) return;
    if (waiting.size === 0) {
      alarmSince = undefined;
      return;
    }
    isLooking = true;
    setTimeout(() => {
      void look().finally(() => {
        isLooking = false;
        lookLater();
      });
    }, checkMs).unref();
  };

  return {
    within: (promise, { maxWaitMs, sentence }) =>
      new Promise((resolve, reject) => {
        const waiter: Waiter = {
          endsAt: Date.now() + maxWaitMs,
          giveUp: () => {
            waiting.delete(waiter);
            reject(new LedgerError('unavailable', sentence, { retryable: true }));
          },
        };
        waiting.add(waiter);
        lookLater();
        promise.then(resolve, reject).finally(() => waiting.delete(waiter));
      }),
  };
}
