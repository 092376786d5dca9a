import type { Hex } from '../../ledger/ethereum/hex.js';
import type { SaidOfRing } from './meant-ring.js';
import type { RingName } from '../../keyring/keyring.js';

/** What a champion is to publish (`Consortium.publishCard`). */
export interface CardToPublish {
  siteId: number;
  /** 1,216 bytes; the private half is on this server's disk, for 30 days. */
  cardKey: Buffer;
  /** Milliseconds since 1970: then the private half is destroyed. */
  livesUntil: number;
  /** Where letters can be pushed to; undefined: by file alone. */
  url: string | undefined;
  /** Undefined without a URL, and where another program speaks TLS for this server. */
  certificatePin: Hex | undefined;
  readerVersion: number;
  /** Accounts of the servers that read the letters. */
  servers: Hex[];
}

/** A site's card on the chain, as an admin looks at it. */
export interface KnownCard {
  siteId: number;
  siteName: string;
  url: string;
  certificatePin: Hex | undefined;
  readerVersion: number;
  servers: Hex[];
  /** The champion. */
  publishedBy: Hex;
  /** Milliseconds since 1970. */
  publishedAt: number;
  /** Hex digits in groups, over site, champion and card key: what two people compare by telephone. */
  fingerprint: string;
  /** Whether an admin here has compared a card of this champion. */
  isCompared: boolean;
  /** Why no letter can be written for it today, as a sentence; undefined when one can. */
  hindrance: string | undefined;
}

/** A letter that was taken in. */
export interface TakenLetter {
  /** The site that has sent it. */
  from: number;
  ring: RingName;
  /** Undefined: all of the ring. */
  studyKeys: bigint[] | undefined;
}

/** The letters by which this site shares rings, and gets those of others. */
export interface Letters {
  /** The card keys that are to be published: those of before as long as the chain has not their card. */
  newCard(): Promise<CardToPublish>;
  /** The cards of all sites that have one, by site; the own one too. */
  cards(): Promise<KnownCard[]>;
  /** Remembers that the card that a site has now is right. Rejects with `conflict` when its fingerprint is another, `not-found` when it has none. */
  compare(siteId: number, fingerprint: string): Promise<void>;
  /** The ring that a person means. Rejects with `not-found` when there is none, and with `conflict` when it could be several, naming them. */
  meant(said: SaidOfRing): Promise<{ ring: RingName; studyKeys?: bigint[] }>;
  /**
   * A letter with what is held of a ring, or of these studies of it. Rejects with `not-found` when nothing of it is held, `forbidden` when the
   * chain does not share it with that site or nobody has compared its card, and `conflict` when that site has no card for which a
   * letter can be written today.
   */
  write(letter: { to: number; ring: RingName; studyKeys?: readonly bigint[] }): Promise<Buffer>;
  /**
   * Takes a letter in: it is durable, and the acknowledgement is on its way to the chain. The same letter again does nothing. Rejects with `bad-request` for
   * what is no letter, `forbidden` for one that its sender has not signed, whose ring is not shared, or whose sender's card nobody has compared;
   * `gone` for a card key that is not here any more; `conflict` for one that contradicts the chain or what is held; `too-many-requests`;
   * `unavailable` while what it needs of the chain is not final.
   */
  take(bytes: Buffer): Promise<TakenLetter>;
  /** Sentences for `/readyz` with the command to run, while letters for this site cannot be written much longer. Never rejects. */
  warnings(): Promise<string[]>;
  close(): Promise<void>;
}
