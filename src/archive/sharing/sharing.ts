import type { Hex } from '../../ledger/ethereum/hex.js';

/** A site that can read a ring, or one study of it. Times are in milliseconds since 1970. */
export interface RingReader {
  siteId: number;
  siteName: string;
  /** A u64 in decimal digits; undefined: all of the ring. */
  studyKey: string | undefined;
  /** As far as the study is known here. */
  StudyInstanceUID: string | undefined;
  /** Whether that site may add series to the study. */
  mayAdd: boolean;
  /** When the chain was told, and by which account of the ring's site. */
  sharedAt: number;
  sharedBy: Hex;
  /** The person who has allowed it here; undefined for what SHARE says, and for rings of others. */
  allowedBy: string | undefined;
  /** When that site has said that it has the keys; undefined while it has not. */
  acknowledgedAt: number | undefined;
}

/** A ring, with who can read it besides its own site. */
export interface SharedRing {
  siteId: number;
  siteName: string;
  /** 0x and 32 hex digits. */
  ringId: Hex;
  openedAt: number;
  /** Whether what is stored here now goes under it. */
  isWrittenTo: boolean;
  /** How much of it can be read here. */
  held: 'all' | 'parts' | 'nothing';
  readers: RingReader[];
}

/** Who can read what. */
export interface SharingReport {
  siteId: number;
  siteName: string;
  /** For whom what is stored from now on is to be, by SHARE; who of them is awaited, and who is not admitted. Undefined right after the start. */
  share: { audience: number[]; awaited: number[]; notAdmitted: number[] } | undefined;
  /** Rings of this site, the newest first. */
  own: SharedRing[];
  /** Rings of others that are shared with this site or held here; of the readers, this site alone. */
  others: SharedRing[];
}

/** What a person gives to another site. */
export interface SharedStudy {
  StudyInstanceUID: string;
  to: number;
  mayAdd: boolean;
}

/** What other sites can read of this one, and this one of them. */
export interface Sharing {
  /** All of it; with a study, the rings of this site in which that has images, and who can read it there. `not-found` for a study that is not of this site. */
  report(of?: { StudyInstanceUID?: string | undefined }): Promise<SharingReport>;
  /**
   * Gives a site one study of this one, as far as it is stored today. Resolves once the chain has it, with in how many rings it lies; the letters
   * go on by themselves. Rejects with `not-found` for a study that this site does not have, and with `chain-refused`.
   */
  shareStudy(study: SharedStudy, allowedBy: string): Promise<{ rings: Hex[] }>;
  /**
   * Gives a site all of an older ring. Rejects with `conflict` for the one that is written to: what is stored later is given by SHARE; with `not-found`
   * for one of which nothing is held, and with `chain-refused`.
   */
  shareRing(ring: { ringId: Hex; to: number }, allowedBy: string): Promise<void>;
}
