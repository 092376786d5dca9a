import type { DatedCardKeys } from '../secrecy/card-keys-file.js';

/** A private half lives so long from when it was made. */
export const CARD_KEY_MS = 30 * 24 * 3_600_000;

/** A card that an admin here has compared: whose later cards are believed. */
export interface ComparedChampion {
  siteId: number;
  /** Account, `0x…` in lower case. */
  champion: string;
}

/** The keys for which other sites encrypt letters to this one, and whose cards are believed here. All that is resolved is durable. */
export interface CardKeyring {
  /** Those that are alive, the oldest first; at most two. */
  held(): readonly DatedCardKeys[];
  /** Makes card keys. Of those that are held, the one with the public key `keep` stays, and no other. */
  make(keep: Buffer | undefined): Promise<DatedCardKeys>;
  /** Every champion that was compared. */
  compared(): readonly ComparedChampion[];
  noteCompared(champion: ComparedChampion): Promise<void>;
  close(): Promise<void>;
}
