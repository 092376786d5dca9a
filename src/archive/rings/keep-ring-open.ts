import { setTimeout as delay } from 'node:timers/promises';
import { LedgerError } from '../../base/errors.js';
import { persist } from '../../base/persist.js';
import { untilAborted } from '../../base/until-aborted.js';
import type { Log } from '../../base/log.js';
import type { Keyring, OwnRing } from '../../keyring/keyring.js';
import type { Ledger } from '../../ledger/ledger.js';
import { createProgress, type Progress } from '../project/progress.js';
import { chooseRing, type ChooseRingDependencies, type RingChoice } from './choose-ring.js';

export interface KeepRingOpenDependencies {
  keyring: ChooseRingDependencies['keyring'] & Pick<Keyring, 'onChange'>;
  ledger: ChooseRingDependencies['ledger'] & Pick<Ledger, 'branch' | 'health' | 'hasMovedSince' | 'recovered'>;
  progress: Pick<Progress, 'head' | 'until'>;
  log: Log;
}

export interface KeepRingOpenOptions {
  /** Sites that what is stored is shared with: SHARE. */
  share: readonly number[];
  /** After each look, with what was found; what fails is done again with the next look. */
  onChoice?: (choice: RingChoice) => void | Promise<void>;
  now?: () => Date;
}

/** Sees to it that there is a ring to announce under, for the audience that is wanted. */
export interface OpenRing {
  /**
   * The ring that is announced under, once the chain has it and its audience too. Before the first, the walk has come to where the chain was at the
   * start: so a folder of yesterday gives no number that the chain has already. Rejects with `site-not-admitted` while a ring is to be opened and
   * this site may open none, and with `unavailable` when it is closed.
   */
  writing(): Promise<OwnRing>;
  /** Looks again soon: something has changed that the chain does not tell. */
  lookAgain(): void;
  close(): Promise<void>;
}

const RETRY_MS = { first: 500, most: 60_000 };
/** What happens at the consortium is looked for with each block, and no more often than this. */
const BLOCK_MS = 1_000;
/** A new year's ring is opened so long after it has begun at most. */
const LOOK_AGAIN_MS = 3_600_000;

/**
 * Keeps the ring that is written to as `chooseRing` says: at the start, whenever something happens at the consortium, whenever keys are erased, and
 * when a year has begun. What fails is tried until it succeeds.
 */
export function keepRingOpen(dependencies: KeepRingOpenDependencies, options: KeepRingOpenOptions): OpenRing {
  const { keyring, ledger, progress, log } = dependencies;
  const { share, onChoice, now = () => new Date() } = options;
  const stop = new AbortController();
  const { signal } = stop;
  /** What may be written to as of the last look, and who waits for it. */
  let approved: OwnRing | undefined;
  /** Why nothing can be written to, as of the last look: this site is not admitted any more. */
  let refusal: LedgerError | undefined;
  const approval = createProgress();
  /** The block up to which the last look was. */
  let lookedAt = 0n;
  let branch = ledger.branch;
  let isAsked = false;
  let waking = new AbortController();

  const onWriting = (ring: OwnRing | undefined): void => {
    approved = ring;
    approval.changed();
  };
  const lookAgain = (): void => {
    isAsked = true;
    waking.abort();
  };
  const endListening = keyring.onChange(({ kind, siteId }) => {
    if (kind === 'punctured' && siteId === ledger.siteId) lookAgain();
  });

  const caughtUp = async (): Promise<void> => {
    const { head } = await ledger.health({ maxAgeMs: 0 });
    if (head === undefined)
      throw new LedgerError('unavailable', 'No node says where the chain is.', { retryable: true });
    await progress.until(() => (progress.head && progress.head.number >= head.number ? true : undefined), signal);
  };
  const beforeSwitch = async (): Promise<void> => {
    await untilAborted(ledger.recovered(), signal);
    await caughtUp();
  };
  const look = async (): Promise<void> => {
    isAsked = false;
    branch = ledger.branch;
    lookedAt = (await ledger.health({ maxAgeMs: 0 })).head?.number ?? lookedAt;
    const choosing = { keyring, ledger, beforeSwitch, onWriting, log, signal };
    try {
      await onChoice?.(await chooseRing(choosing, { share, now: now() }));
      refusal = undefined;
    } catch (error) {
      refusal = error instanceof LedgerError && error.code === 'site-not-admitted' ? error : undefined;
      approval.changed();
      throw error;
    }
  };
  /** Resolves when something may be different: by the consortium, by the keys, by the clock. */
  const untilMoved = async (): Promise<void> => {
    const lookAtMs = Date.now() + LOOK_AGAIN_MS;
    const year = now().getUTCFullYear();
    while (!isAsked && Date.now() < lookAtMs && now().getUTCFullYear() === year && ledger.branch === branch) {
      waking = new AbortController();
      const woken = AbortSignal.any([signal, waking.signal]);
      await delay(BLOCK_MS, undefined, { signal: woken, ref: false }).catch(() => undefined);
      signal.throwIfAborted();
      if (progress.head === undefined || progress.head.number <= lookedAt) continue;
      const { hasMoved, upTo } = await untilAborted(ledger.hasMovedSince(lookedAt), signal);
      if (hasMoved) return;
      lookedAt = upTo;
    }
  };
  const until = (work: () => Promise<void>, what: string): Promise<boolean> =>
    persist(work, {
      ...{ retryMs: RETRY_MS, signal },
      onFailure: (error, retryMs) => log.warn({ err: error, retryMs }, `${what}; it is tried again.`),
    });
  const run = async (): Promise<void> => {
    await until(caughtUp, 'The chain could not be walked to its head, before which nothing is stored');
    while (await until(look, 'The ring that is to be written to could not be opened'))
      await until(untilMoved, 'The consortium could not be looked at');
  };
  const running = run();
  return {
    writing: async () => {
      // Of what was erased a moment ago, nothing can be derived.
      const ring = (): OwnRing | undefined => {
        if (approved && keyring.writing?.ringId.equals(approved.ringId)) return approved;
        if (refusal) throw refusal;
        return undefined;
      };
      return approval.until(ring, signal).catch((error: unknown) => {
        if (error instanceof LedgerError) throw error;
        throw new LedgerError('unavailable', 'The server is stopping.', { retryable: true });
      });
    },
    lookAgain,
    close: async () => {
      endListening();
      stop.abort();
      await running;
    },
  };
}
