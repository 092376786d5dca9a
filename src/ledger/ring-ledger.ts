import type { OpenedRing } from './consortium/read-rings.js';
import type { Hex } from './ethereum/hex.js';

/** What another site is to get of a ring of this one. */
export interface ShareOfRing {
  /** 16 bytes. */
  ringId: Hex;
  /** Who gets it. */
  siteId: number;
  /** 0: all that the ring opens. */
  studyKey: bigint;
  /** Whether that site may add series to the study. */
  mayAdd: boolean;
}

/**
 * Rings as the chain knows them: who has opened which, for whom, and who has it. Keys never go through here. In release 1 everything
 * rejects with `not-implemented`.
 */
export interface RingLedger {
  /**
   * Opens a ring of this site, 16 bytes, with the commitment to its root, 32 bytes. Resolves once mined, also when it is open already. Rejects with
   * `conflict` when it has another commitment, and as `share` does.
   */
  openRing(ringId: Hex, commitment: Hex): Promise<void>;
  /**
   * Says that a site gets a ring of this one, or a study of it. Resolves once the chain has it; said before, it changes `mayAdd` alone. Rejects with
   * `site-not-admitted` when this account is no writer of an admitted site, with `chain-refused` when the other site is not admitted or the
   * ring is not open, and with `unavailable`.
   */
  share(to: ShareOfRing): Promise<void>;
  /**
   * Says that this site has the keys of a ring of another one, or of a study of it: an anchor of kind 2. Resolves once the chain has it;
   * nothing is sent when it has it already. Rejects as `share` does.
   */
  acknowledge(ring: { siteId: number; ringId: Hex; studyKey: bigint }): Promise<void>;
  /** Every ring, or those of one site, with who has which share of it, as the chain has it now. Rejects with `unavailable`. */
  rings(siteId?: number): Promise<OpenedRing[]>;
  /** The sites that get all of a ring of this site, as the chain has it now, by number. Rejects with `unavailable`. */
  sharedWith(ringId: Hex): Promise<number[]>;
  /** Those that have said that they have all of it, by number. Rejects with `unavailable`. */
  acknowledgedBy(ringId: Hex): Promise<number[]>;
  /** Whether anything has happened at the consortium in the blocks after that one, and the last block that was looked at. Rejects with `unavailable`. */
  hasMovedSince(block: bigint): Promise<{ hasMoved: boolean; upTo: bigint }>;
  /** Resolves when all is in blocks that this account had signed, and no block had, when this program started. */
  recovered(): Promise<void>;
  /** Whether a site is admitted now. Rejects with `unavailable`. */
  isAdmitted(siteId: number): Promise<boolean>;
}
