import type { Hex } from '../../../src/ledger/ethereum/hex.js';

/** What one announcement of a history says; bytes as base64, so that an input can be kept as text. */
export interface Announcement {
  contract: Hex;
  siteId: number;
  imageId: Hex;
  patientKey: Hex;
  header: string;
  preview: string;
  /** Of the instance. */
  scheme: number;
  /** What is announced of the header's size, where that is not its own. */
  headerBytes?: number;
  /** How often its bytes cannot be had before they can. */
  failures: number;
  /** What comes in their place then: nothing, or other bytes; or code that is no chunk, for ever. */
  trouble: 'absent' | 'damaged' | 'no-chunk';
  /** Whether every site that reads it has to show it, unless somebody has decided otherwise. */
  isRight: boolean;
}

/** What a site or a governor sends; a block takes it without effect where the contract would revert it. */
export interface Op {
  kind: 'announce' | 'seal' | 'withdraw' | 'retire' | 'restore';
  /** Index of the announcement that it is about. */
  of: number;
  /** The account is a governor's. */
  isGovernor: boolean;
}

/** What happens to the site that follows. */
export type Step =
  /** `fork` blocks are undone and these put in their place. */
  | { kind: 'blocks'; fork: number; blocks: { seconds: number; ops: Op[] }[] }
  | { kind: 'restart' }
  /** The process ends while it is at a content. */
  | { kind: 'die'; pick: number }
  | { kind: 'settle' }
  /** The verification of an instance ends, well or not. */
  | { kind: 'judge'; pick: number; reason: 'bytes' | 'picture' | undefined }
  | { kind: 'decide'; pick: number; decision: 'released' | 'refused' }
  | { kind: 'decide-retirements'; pick: number; decision: 'accepted' | 'refused' };

/** The life of a chain, and of a site that follows it. */
export interface History {
  announcements: Announcement[];
  steps: Step[];
}

/** The site that follows; there are two others. */
export const OWN_SITE = 1;
export const SITES = [OWN_SITE, 2, 3];
/** At the second, what governors decide are rulings, and what is retired can be restored. */
export const CONTRACTS: readonly Hex[] = [`0x${'c1'.repeat(20)}`, `0x${'c2'.repeat(20)}`];
/** Which site speaks for which issuer. */
export const ISSUERS: ReadonlyMap<string, number> = new Map([
  ['ISSUER-1', 1],
  ['ISSUER-2', 2],
]);
