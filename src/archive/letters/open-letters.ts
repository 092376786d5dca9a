import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { persist } from '../../base/persist.js';
import { untilAborted } from '../../base/until-aborted.js';
import { CARD_KEY_MS, type CardKeyring } from '../../keyring/card-keyring.js';
import { fromHex, type Hex, toHex } from '../../ledger/ethereum/hex.js';
import type { Ledger } from '../../ledger/ledger.js';
import { cardFingerprint, isFingerprint } from '../../secrecy/card-fingerprint.js';
import { cardWarnings } from './card-warnings.js';
import { createLetterBudget } from './letter-budget.js';
import type { CardToPublish, KnownCard, Letters } from './letters.js';
import { meantRing, type MeantRingDependencies } from './meant-ring.js';
import { decay, disbelief, isCompared, readSiteCards, type SiteCard } from './site-cards.js';
import { type TakeDependencies, type TakenIn, takeFromSite } from './take-from-site.js';
import { writeToSite } from './write-to-site.js';

export interface LettersDependencies extends Omit<TakeDependencies, 'budget' | 'signal' | 'cards'> {
  ledger: TakeDependencies['ledger'] & Pick<Ledger, 'account' | 'acknowledge' | 'rings' | 'sign' | 'siteName'>;
  keyring: TakeDependencies['keyring'] & MeantRingDependencies['keyring'];
  catalog: TakeDependencies['catalog'] & MeantRingDependencies['catalog'];
  cards: CardKeyring;
  log: Log;
}

export interface LettersOptions {
  /** Where other sites push letters to, `https://…`; undefined: by file alone. */
  url?: string | undefined;
  /** Of the certificate that the URL shows (RFC 7469 §2.4); undefined where another program has it. */
  certificatePin?: () => Promise<Hex | undefined>;
  /** Milliseconds since 1970; of the machine unless given. */
  now?: () => number;
}

/** Bodies, rings and letters as of release 2. */
const READER_VERSION = 2;
/** Keys that nobody has published within a day are made anew. */
const UNPUBLISHED_MS = 24 * 3_600_000;
const RETRY_MS = { first: 1_000, most: 60_000 };

export function openLetters(dependencies: LettersDependencies, options: LettersOptions = {}): Letters {
  const { ledger, keyring, cards, log } = dependencies;
  const { url, certificatePin, now = Date.now } = options;
  const { siteId } = keyring.owner;
  const stop = new AbortController();
  const { signal } = stop;
  const taking = { ...dependencies, budget: createLetterBudget(now), signal };
  const writing = { ...dependencies, now, signal };
  const warn = cardWarnings({ ledger, cards, siteId }, now);

  /** One after the other: a letter may be large. */
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };

  const fingerprintOf = ({ siteId: of, publishedBy, cardKey }: SiteCard): string => {
    const { chainId, consortium } = keyring.owner;
    return cardFingerprint({ chainId, consortium, siteId: of, publishedBy: fromHex(publishedBy), cardKey });
  };

  /** The sender looks for it on the chain, and sends the letter again while it is not there. */
  const acknowledge = async (ring: TakenIn['ring'], studyKey: bigint): Promise<void> => {
    const acknowledged = { siteId: ring.siteId, ringId: toHex(ring.ringId), studyKey };
    await persist(() => untilAborted(ledger.acknowledge(acknowledged), signal), {
      ...{ retryMs: RETRY_MS, signal },
      onFailure: (error, retryMs) =>
        log.warn({ err: error, retryMs }, 'A letter is taken in, and could not be acknowledged; it is tried again.'),
    });
  };
  const acknowledging = new Set<Promise<void>>();

  return {
    newCard: () =>
      inTurn(async (): Promise<CardToPublish> => {
        const [published] = await ledger.askConsortium((at) => readSiteCards(at, siteId), { depth: 1 });
        const newest = cards.held().at(-1);
        const isFree = newest && !(published && newest.publicKey.equals(published.cardKey));
        const isUsable = isFree && now() < newest.madeAt + UNPUBLISHED_MS;
        const { publicKey: cardKey, madeAt } = isUsable ? newest : await cards.make(published?.cardKey);
        const pin = url === undefined ? undefined : await certificatePin?.();
        const servers = [ledger.account];
        return { siteId, cardKey, livesUntil: madeAt + CARD_KEY_MS, url, certificatePin: pin, readerVersion: READER_VERSION, servers }; // prettier-ignore
      }),
    cards: async () => {
      const found = await ledger.askConsortium((at) => readSiteCards(at));
      return found.map((card): KnownCard => {
        const { url: address, certificatePin: pin, readerVersion, servers, publishedBy } = card;
        return {
          ...{ siteId: card.siteId, siteName: ledger.siteName(card.siteId), url: address, certificatePin: pin },
          ...{ readerVersion, servers, publishedBy, publishedAt: card.publishedAt * 1000 },
          ...{ fingerprint: fingerprintOf(card), isCompared: isCompared(card, cards) },
          hindrance: disbelief(card, cards) ?? decay(card, now()),
        };
      });
    },
    compare: async (of, text) => {
      const [card] = await ledger.askConsortium((at) => readSiteCards(at, of));
      if (!card) throw new LedgerError('not-found', `Site ${of} has no card on the chain, as far as it is final.`);
      if (!isFingerprint(text, fingerprintOf(card)))
        throw new LedgerError(
          'conflict',
          `That is not the fingerprint of the card of site ${of} that stands on the chain: ask again which it is, there and by telephone. If it differs, somebody else may have published the card.`,
        );
      await cards.noteCompared({ siteId: of, champion: card.publishedBy });
    },
    meant: (said) => meantRing(dependencies, said),
    write: ({ to, ring, studyKeys }) => writeToSite(writing, { to, ring, studyKeys }),
    take: (bytes) =>
      inTurn(async () => {
        const { acknowledged, ...taken } = await takeFromSite(taking, bytes);
        for (const studyKey of acknowledged) {
          const done = acknowledge(taken.ring, studyKey);
          acknowledging.add(done);
          void done.finally(() => acknowledging.delete(done));
        }
        log.info(
          { from: taken.from, ringId: toHex(taken.ring.ringId), site: taken.ring.siteId },
          'A letter is taken in.',
        );
        return taken;
      }),
    warnings: warn,
    close: async () => {
      stop.abort();
      await last;
      await Promise.all(acknowledging);
    },
  };
}
