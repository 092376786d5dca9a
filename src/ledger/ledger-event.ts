import type { Hex } from './ethereum/hex.js';
import type { Body, ImageNames, Position } from './ledger.js';

interface EventBase {
  contract: Hex;
  position: Position;
  siteId: number;
}

/** What a contract of images says of an image. */
export type ImageEvent = EventBase & { imageId: Hex } & (
    | { kind: 'announced'; names: ImageNames; header: Body; preview: Body; instance: Body }
    | { kind: 'sealed'; pages: Hex[] }
    | { kind: 'withdrawn'; by: Hex }
    /** `ruling` is 0 by its site, else the number of the governors' ruling. The reason is text in release 1, meaning and code of CID 7011 in release 2. */
    | { kind: 'retired'; by: Hex; reason: string; ruling: number }
    | { kind: 'restored'; by: Hex; ruling: number }
  );

/** What the consortium of release 2 says. `siteId` is the site that it says something of, or that has said it. */
export type ConsortiumFact = EventBase &
  /** `hiddenSince` is a block time in seconds since 1970; undefined where nothing is hidden, as when a site was readmitted. */
  (
    | { kind: 'site-dismissed'; hiddenSince: number | undefined }
    /** `siteId` speaks for the issuer of patient IDs with this keccak256; nobody does when it is 0. */
    | { kind: 'issuer-assigned'; issuerHash: Hex }
    /** `toSite` is given keys of a ring: of one study, or of all where `studyKey` is 0; and, with `mayAdd`, may add series to that study. */
    | { kind: 'shared'; ringId: Hex; toSite: number; studyKey: bigint; mayAdd: boolean }
  );

/** What a catalogue needs to know, in chain order. */
export type LedgerEvent = ImageEvent | ConsortiumFact;

export const isOfImage = (event: LedgerEvent): event is ImageEvent => 'imageId' in event;
