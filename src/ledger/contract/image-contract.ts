import type { Hex } from '../ethereum/hex.js';
import type { ImageNames } from '../ledger.js';
import type { BodyPlan } from './chunks.js';

/** What is known of a deployed contract of images before anything of it is asked. */
export interface ContractRef {
  address: Hex;
  /** 1 is ImageLedger, which keeps its sites itself; 2 is Images, which asks a Consortium. */
  release: 1 | 2;
  /** Address of the Consortium; undefined in release 1. */
  consortium: Hex | undefined;
}

/** The contract's `ImageState`, by number. */
export const IMAGE_STATES = ['none', 'announced', 'sealed', 'retired'] as const;

export type ImageState = (typeof IMAGE_STATES)[number];

/** An image as the contract keeps it, with what tells one announcement from another. */
export interface ChainImage {
  contract: Hex;
  imageId: Hex;
  siteId: number;
  state: ImageState;
  /** SHA-256 and size of the instance, as they were announced. */
  sha256: Hex;
  byteCount: number;
  pieceBytes: number;
  announcedBlock: bigint;
  /** Of its names, those that the contract keeps, as one text. */
  namesKept: string;
  headerRoot: Hex;
  previewRoot: Hex;
  instanceRoot: Hex;
}

/** What is announced of an image. */
export interface Announcement {
  names: ImageNames;
  pieceBytes: number;
  header: BodyPlan;
  preview: BodyPlan;
  instance: BodyPlan;
  /** Of the instance, 0 unless given; in release 1 header and preview have 0, in release 2 the same. */
  scheme?: number;
  /** SHA-256 of each body. */
  sha256: { header: Hex; preview: Hex; instance: Hex };
}

/** Calldata of what is sent for an image, and upper bounds of its gas without that of the calldata. */
export interface ImageCalls {
  /** `namesKept` of an image that was announced by these names. */
  namesKept(names: ImageNames): string;
  announce(announcement: Announcement): Buffer;
  /** Checks all chunks that a page lists. */
  checkPage(page: Buffer, chunks: number): Buffer;
  /** `pages` are packed addresses. */
  seal(imageId: Hex, pages: Buffer): Buffer;
  withdraw(imageId: Hex): Buffer;
  /** Release 1 keeps the whole reason; release 2 a code of CID 7011 that is in it, 113001 when there is none. */
  retire(imageId: Hex, reason: string): Buffer;
  /** Throws `not-implemented` where retiring is for ever. */
  restore(imageId: Hex): Buffer;
  readonly gas: {
    announce(chunks: number): number;
    checkPage(chunks: number): number;
    seal(pages: number): number;
  };
}

/** One deployed contract of images, of whichever release, read at `latest`. */
export interface ImageContract extends ContractRef {
  readonly calls: ImageCalls;
  image(imageId: Hex): Promise<ChainImage>;
  /** The admitted site that the account writes for, 0 for none. */
  siteOf(account: Hex): Promise<number>;
  siteName(siteId: number): Promise<string>;
  /** How many sites were ever admitted. */
  siteCount(): Promise<number>;
  maxPieceBytes(): Promise<number>;
  /** After so many blocks another site may announce what was not sealed; 0 where each site has its own images. */
  takeoverBlocks(): Promise<bigint>;
  /** Whether all chunks of the page were checked. */
  isPageChecked(page: Hex): Promise<boolean>;
  /** Runs a call without sending it. Rejects with the contract's reason as LedgerError. */
  simulate(call: string, data: Buffer, from: Hex): Promise<void>;
}
