import { setTimeout as delay } from 'node:timers/promises';
import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import type { Letters } from '../letters/letters.js';
import type { pushLetter } from './push-letter.js';

/** A letter that another site is to get and has not acknowledged. */
export interface WantedLetter {
  to: number;
  /** 16 bytes, of this site. */
  ringId: Buffer;
  /** Undefined: all of the ring. */
  studyKeys?: readonly bigint[];
}

/** Sees to it that letters get to their sites. */
export interface LetterDelivery {
  /** What is wanted from now on: what is not in it any more is given up. */
  want(wanted: readonly WantedLetter[]): void;
  /** Something may go now that did not before: what has failed is tried at once. */
  tryAgain(): void;
  /** Sentences with the command to run, for what does not go by itself. */
  warnings(): string[];
  close(): Promise<void>;
}

export interface DeliverLettersDependencies {
  letters: Pick<Letters, 'cards' | 'write'>;
  siteId: number;
  push: typeof pushLetter;
  log: Log;
}

const FAILED_MS = { first: 5_000, most: 600_000 };
/** A site that has taken a letter in acknowledges it within some blocks. */
const SENT_MS = { first: 600_000, most: 3_600_000 };

interface Delivery {
  warning: string | undefined;
  wake: () => void;
  stop: () => void;
  ended: Promise<void>;
}

/** Writes each wanted letter and pushes it, again and again until it is not wanted any more. No site waits for another. */
export function deliverLetters({ letters, siteId, push, log }: DeliverLettersDependencies): LetterDelivery {
  const deliveries = new Map<string, Delivery>();
  const ending = new Set<Promise<void>>();

  const deliver = async (wanted: WantedLetter, signal: AbortSignal): Promise<void> => {
    const { to, ringId, studyKeys } = wanted;
    const letter = await letters.write({ to, ring: { siteId, ringId }, ...(studyKeys && { studyKeys }) });
    const card = (await letters.cards()).find((one) => one.siteId === to);
    const byFile = fileSentence(wanted);
    if (!card?.certificatePin || card.url === '')
      throw new LedgerError('unavailable', `The card of site ${to} names no server that takes letters: ${byFile}.`);
    try {
      await push(letter, { url: card.url, certificatePin: card.certificatePin }, { signal });
    } catch (error) {
      throw new LedgerError('unavailable', `${(error as Error).message} It is tried again. Or by hand: ${byFile}.`, {
        cause: error,
      });
    }
  };

  const start = (wanted: WantedLetter): Delivery => {
    const stop = new AbortController();
    const { signal } = stop;
    let waking = new AbortController();
    const delivery: Delivery = {
      warning: undefined,
      wake: () => delivery.warning !== undefined && waking.abort(),
      stop: () => stop.abort(),
      ended: Promise.resolve(),
    };
    const run = async (): Promise<void> => {
      let failedMs = FAILED_MS.first;
      let sentMs = SENT_MS.first;
      while (!signal.aborted) {
        let pauseMs = sentMs;
        try {
          await deliver(wanted, signal);
          delivery.warning = undefined;
          failedMs = FAILED_MS.first;
          sentMs = Math.min(2 * sentMs, SENT_MS.most);
          log.info({ to: wanted.to, ringId: wanted.ringId.toString('hex') }, 'A letter with keys was pushed.');
        } catch (error) {
          if (signal.aborted) return;
          if (delivery.warning === undefined) log.warn({ err: error, to: wanted.to }, 'A letter with keys does not get to its site.'); // prettier-ignore
          delivery.warning = `Site ${wanted.to} waits for the keys to ${whatOf(wanted)}. ${(error as Error).message}`;
          pauseMs = failedMs;
          failedMs = Math.min(2 * failedMs, FAILED_MS.most);
        }
        waking = new AbortController();
        const woken = AbortSignal.any([signal, waking.signal]);
        await delay(pauseMs, undefined, { signal: woken, ref: false }).catch(() => undefined);
      }
    };
    delivery.ended = run();
    return delivery;
  };

  const end = (key: string, delivery: Delivery): void => {
    deliveries.delete(key);
    delivery.stop();
    ending.add(delivery.ended);
    void delivery.ended.finally(() => ending.delete(delivery.ended));
  };

  return {
    want: (wanted) => {
      const byKey = new Map(wanted.map((one) => [keyOf(one), one]));
      for (const [key, delivery] of deliveries) if (!byKey.has(key)) end(key, delivery);
      for (const [key, one] of byKey) if (!deliveries.has(key)) deliveries.set(key, start(one));
    },
    tryAgain: () => {
      for (const { wake } of deliveries.values()) wake();
    },
    warnings: () => [...deliveries.values()].flatMap(({ warning }) => warning ?? []),
    close: async () => {
      for (const [key, delivery] of deliveries) end(key, delivery);
      await Promise.all(ending);
    },
  };
}

const keyOf = ({ to, ringId, studyKeys }: WantedLetter): string =>
  [to, ringId.toString('hex'), ...(studyKeys ?? ['all'])].join(' ');

function whatOf({ ringId, studyKeys }: WantedLetter): string {
  const ring = ringId.toString('hex');
  if (studyKeys === undefined) return `all of the ring ${ring}`;
  return `${studyKeys.length} ${studyKeys.length === 1 ? 'study' : 'studies'} of the ring ${ring}`;
}

function fileSentence({ to, ringId }: WantedLetter): string {
  return `"dicom-ledger letter write --to ${to} --ring ${ringId.toString('hex')} <file>" here, and "dicom-ledger letter take <file>" there`;
}
