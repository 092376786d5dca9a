import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLog } from '../../base/log.js';
import type { CardKeyring } from '../../keyring/card-keyring.js';
import { createKeyWrapping } from '../../keyring/key-wrapping.js';
import type { Keyring } from '../../keyring/keyring.js';
import { openCardKeyring } from '../../keyring/open-card-keyring.js';
import { openKeyring } from '../../keyring/open-keyring.js';
import { type CardToSend, createConsortiumAccount } from '../../ledger/consortium/consortium-account.js';
import { fromHex, toHex } from '../../ledger/ethereum/hex.js';
import type { Ledger } from '../../ledger/ledger.js';
import { openSitesBed, type SitesBed } from '../../ledger/testing/sites-bed.js';
import { wholeRing } from '../../secrecy/ring.js';
import { ringCommitment } from '../../secrecy/ring-commitment.js';
import type { Letters } from '../letters/letters.js';
import { type LettersDependencies, openLetters } from '../letters/open-letters.js';

/** A site with its keys, its ledger and its letters; it has no catalogue. */
export interface LetterSite {
  siteId: number;
  ledger: Ledger;
  keyring: Keyring;
  cards: CardKeyring;
  letters: Letters;
  /** Opens its letters again, as after a restart, with other parts than its own where some are given. */
  reopen(parts?: Partial<LettersDependencies>): Promise<Letters>;
  /** What its champion publishes: a new card of the server, with changes. */
  publish(change?: Partial<CardToSend>, champion?: Buffer): Promise<void>;
  /** A new ring, which it holds and the chain has as opened. */
  newRing(root?: Buffer): Promise<Buffer>;
}

export interface LettersBed extends SitesBed {
  letterSites: readonly LetterSite[];
  /** Milliseconds since 1970, of all sites. */
  now: number;
  /** All compare the cards of all. */
  compareAll(): Promise<void>;
}

/** Nothing is announced anywhere. */
const NO_CATALOG: LettersDependencies['catalog'] = {
  announcedUnder: () => Promise.resolve([]),
  ringsOfStudy: () => Promise.resolve([]),
};

/** So many sites on one chain. All blocks are final. */
export async function openLettersBed(count: number): Promise<LettersBed> {
  const bed = await openSitesBed(count);
  const root = await mkdtemp(path.join(tmpdir(), 'dicom-ledger-letters-'));
  const closers: (() => Promise<unknown>)[] = [];
  const whole: LettersBed = {
    ...bed,
    now: Date.now(),
    letterSites: [],
    compareAll: async () => {
      for (const { letters, siteId } of whole.letterSites)
        for (const card of await letters.cards())
          if (card.siteId !== siteId) await letters.compare(card.siteId, card.fingerprint);
    },
    close: async () => {
      for (const closer of closers.reverse()) await closer();
      await bed.close();
      await rm(root, { recursive: true });
    },
  };
  const now = (): number => whole.now;
  const openOne = async (siteId: number): Promise<LetterSite> => {
    const ledger = await bed.open(siteId);
    const owner = { chainId: ledger.chainId, consortium: fromHex(bed.consortium), siteId };
    const parts = {
      folder: path.join(root, String(siteId)),
      owner,
      wrapping: createKeyWrapping({ allowsClear: true }),
    };
    const keyring = await openKeyring(parts);
    const cards = await openCardKeyring({ ...parts, log: silentLog, now });
    closers.push(
      () => keyring.close(),
      () => cards.close(),
    );
    const open = (change: Partial<LettersDependencies> = {}): Letters => {
      const letters = openLetters({ ledger, keyring, cards, catalog: NO_CATALOG, log: silentLog, ...change }, { now });
      closers.push(() => letters.close());
      return letters;
    };
    const site: LetterSite = {
      ...{ siteId, ledger, keyring, cards, letters: open() },
      reopen: async (change) => {
        await site.letters.close();
        return (site.letters = open(change));
      },
      publish: async (change, key = bed.sites[siteId - 1]!.champion.key) => {
        const { cardKey, readerVersion, servers } = await site.letters.newCard();
        const account = createConsortiumAccount({ rpc: bed.rpc }, { consortium: bed.consortium, key });
        await account.publishCard({ url: '', cardKey: toHex(cardKey), readerVersion, servers, ...change });
      },
      newRing: async (root = randomBytes(32)) => {
        const ringId = randomBytes(16);
        await ledger.openRing(toHex(ringId), toHex(ringCommitment(root, { ...owner, ringId })));
        await keyring.merge({ siteId, ringId }, wholeRing(root), { erased: [] });
        return ringId;
      },
    };
    return site;
  };
  const opened: LetterSite[] = [];
  for (let siteId = 1; siteId <= count; siteId++) opened.push(await openOne(siteId));
  return Object.assign(whole, { letterSites: opened });
}
