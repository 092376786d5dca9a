import { setTimeout as delay } from 'node:timers/promises';
import { deferred } from '../../base/deferred.js';
import { LedgerError } from '../../base/errors.js';
import { untilAborted } from '../../base/until-aborted.js';
import type { Log } from '../../base/log.js';
import type { Keyring, OwnRing } from '../../keyring/keyring.js';
import { toHex } from '../../ledger/ethereum/hex.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { Progress } from '../project/progress.js';

export interface KeepRingOpenDependencies {
  keyring: Pick<Keyring, 'isDue' | 'newRing' | 'writeTo' | 'writing'>;
  ledger: Pick<Ledger, 'health' | 'openRing'>;
  progress: Pick<Progress, 'head' | 'until'>;
  log: Log;
}

/** Sees to it that there is a ring to announce under. */
export interface OpenRing {
  /**
   * The ring that is announced under, once the chain has it. Before the first, the walk has come to where the chain was at the start: so a folder
   * of yesterday gives no number that the chain has already. Rejects with `unavailable` when it is closed.
   */
  writing(): Promise<OwnRing>;
  close(): Promise<void>;
}

const RETRY_MS = { first: 500, most: 60_000 };
/** A new year's ring is opened so long after it has begun at most. */
const LOOK_AGAIN_MS = 3_600_000;

/** Opens the ring of the year on the chain, at the start and whenever a year has begun; it is tried until it is. */
export function keepRingOpen(dependencies: KeepRingOpenDependencies, now = (): Date => new Date()): OpenRing {
  const { keyring, ledger, progress, log } = dependencies;
  const stop = new AbortController();
  const { signal } = stop;
  const ready = deferred<void>();
  ready.promise.catch(() => undefined);

  const caughtUp = async (): Promise<void> => {
    const { head } = await ledger.health({ maxAgeMs: 0 });
    if (head === undefined)
      throw new LedgerError('unavailable', 'No node says where the chain is.', { retryable: true });
    await progress.until(() => (progress.head && progress.head.number >= head.number ? true : undefined), signal);
  };

  const openIfDue = async (): Promise<void> => {
    if (!keyring.isDue(now())) return;
    const { ringId, commitment } = await keyring.newRing(now());
    // A chain may make no block for long; the next start goes on with the same ring.
    await untilAborted(ledger.openRing(toHex(ringId), toHex(commitment)), signal);
    await keyring.writeTo(ringId);
  };

  /** Until it succeeds; false when it was ended before. */
  const persist = async (work: () => Promise<void>, what: string): Promise<boolean> => {
    for (let retryMs = RETRY_MS.first; !signal.aborted; retryMs = Math.min(2 * retryMs, RETRY_MS.most)) {
      try {
        await work();
        return true;
      } catch (error) {
        if (signal.aborted) break;
        log.warn({ err: error, retryMs }, `${what}; it is tried again.`);
        await delay(retryMs, undefined, { signal }).catch(() => undefined);
      }
    }
    return false;
  };

  const run = async (): Promise<void> => {
    await persist(caughtUp, 'The chain could not be walked to its head, before which nothing is stored');
    while (await persist(openIfDue, 'The ring of this year could not be opened')) {
      ready.resolve();
      await delay(LOOK_AGAIN_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
    ready.reject(new LedgerError('unavailable', 'The server is stopping.', { retryable: true }));
  };
  const running = run();

  return {
    writing: async () => {
      await ready.promise;
      return keyring.writing!;
    },
    close: async () => {
      stop.abort();
      await running;
    },
  };
}
