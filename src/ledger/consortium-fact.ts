import type { Hex } from './ethereum/hex.js';

/** What the consortium of release 2 says that a catalogue goes by. `siteId` is the site that it says something of, or that has said it. */
export type ConsortiumFact = { siteId: number } & (
  | {
      kind: 'site-dismissed';
      /** A block time in seconds since 1970; undefined where nothing is hidden, as when a site was readmitted. */
      hiddenSince: number | undefined;
    }
  /** `siteId` speaks for the issuer of patient IDs with this keccak256; nobody does when it is 0. */
  | { kind: 'issuer-assigned'; issuerHash: Hex }
  /** `toSite` is given keys of a ring: of one study, or of all where `studyKey` is 0; and, with `mayAdd`, may add series to that study. */
  | { kind: 'shared'; ringId: Hex; toSite: number; studyKey: bigint; mayAdd: boolean }
);
