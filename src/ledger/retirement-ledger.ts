import type { Hex } from './ethereum/hex.js';

/** Taking images out of use on the chain, and into use again. */
export interface RetirementLedger {
  /** Resolves once mined. Rejects with `site-not-admitted`, `not-found`, `gone`. */
  retire(imageId: Hex, reason: string): Promise<void>;
  /** Undoes a retirement. Resolves once mined. Rejects as `retire` does, and with `not-implemented` for an image of release 1. */
  restore(imageId: Hex): Promise<void>;
  /**
   * Images of this site that an account has retired since a time (of a block, in seconds since 1970) and nobody has restored, by ID in the order of the
   * chain, at the contract that is written to. Rejects with `unavailable`, and with `not-implemented` in release 1.
   */
  retiredBy(retired: { account: Hex; since?: number }): Promise<Hex[]>;
}
