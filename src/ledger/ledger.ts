import type { ByteSource } from '../byte-source.js';

/** `0x` and lower-case hex digits. */
export type Hex = `0x${string}`;

/** A block, named so that a reorganisation shows. */
export interface BlockRef {
  number: bigint;
  hash: Hex;
}

/** Where an event stands on the chain. Lower means earlier. */
export interface Position {
  blockNumber: bigint;
  logIndex: number;
}

/** Bytes on the chain, as announced. `list` has chunk addresses (header, preview) or page addresses (instance, once sealed). */
export interface Body {
  contract: Hex;
  scheme: number;
  byteCount: number;
  sha256: Hex;
  root: Hex;
  pieceBytes: number;
  list: Hex[];
}

interface EventBase {
  contract: Hex;
  position: Position;
  imageKey: Hex;
  siteId: number;
}

/** What a catalogue needs to know, in chain order. `timestamp` is the block's, in seconds. */
export type LedgerEvent = EventBase &
  (
    | { kind: 'announced'; patientKey: Hex; header: Body; preview: Body; instance: Body }
    | { kind: 'sealed'; pages: Hex[] }
    | { kind: 'withdrawn'; by: Hex }
    | { kind: 'retired'; by: Hex; reason: string }
  );

/** One step of the walk along the chain: a block (those without events may be left out), or back to a common ancestor. */
export type ChainStep =
  | { kind: 'block'; block: BlockRef; parentHash: Hex; timestamp: bigint; events: LedgerEvent[] }
  | { kind: 'rollback'; to: BlockRef };

/** What the walk needs to know of the walker. */
export interface FollowOptions {
  /** The last block that was applied; undefined starts at block 0. */
  after: BlockRef | undefined;
  /** The hash that was applied at that height, undefined when not kept any more. */
  hashAt(number: bigint): Hex | undefined;
  signal: AbortSignal;
}

export type ImageState = 'none' | 'announced' | 'sealed' | 'retired';

/** An image as the contract keeps it at `latest`. */
export interface LedgerImage {
  contract: Hex;
  imageKey: Hex;
  patientKey: Hex;
  siteId: number;
  state: ImageState;
  /** SHA-256 and size of the instance. */
  sha256: Hex;
  byteCount: number;
}

export interface ImageToStore {
  imageKey: Hex;
  patientKey: Hex;
  /** At most 18 MB (one page of chunks). */
  header: Buffer;
  /** At most 30,720 bytes; empty for none. */
  preview: Buffer;
  /** Must stay readable until `mined` has settled. */
  instance: ByteSource & { sha256: Hex };
}

/** One image on its way to the chain. */
export interface StoreTicket {
  /** Resolves when header, preview and announcement are signed and on disk in the outbox. */
  accepted: Promise<void>;
  /**
   * Resolves when the last transaction is in a block and the contract says that the image is sealed with this content.
   * Rejects with `conflict` (another content is there), `gone` (retired), `not-authorized`, or `chain-refused`.
   */
  mined: Promise<void>;
}

export interface LedgerHealth {
  reachable: boolean;
  chainId: bigint;
  head: BlockRef | undefined;
  /** Transactions on disk that are not in a block yet, and their bytes. */
  outboxTransactions: number;
  outboxBytes: number;
  /** A sentence when something needs a person, else undefined. */
  alarm: string | undefined;
}

/** Depths in blocks at which a store counts as sealed or final: 1 = in the head block. */
export interface Depths {
  sealed: number;
  final: number;
}

/** The chain as the archive sees it: images in, verified bytes and events out. Nothing above knows of chunks, nonces or ABI. */
export interface Ledger {
  readonly chainId: bigint;
  /** The contract that is written to, and all that are read, newest first. */
  readonly contracts: readonly Hex[];
  readonly siteId: number;
  readonly siteName: string;
  readonly depths: Depths;
  readonly pieceBytes: number;

  /** Queues an image. Idempotent: chunks, pages and states that are there already are not sent again. */
  store(image: ImageToStore): StoreTicket;
  /** Resolves once mined. Rejects with `not-authorized`, `not-found`, `gone`. */
  retire(imageKey: Hex, reason: string): Promise<void>;
  /** Voids this site's own announcement. Resolves once mined; does nothing when there is none. */
  withdraw(imageKey: Hex): Promise<void>;
  /** The image in the newest contract that has it, or undefined. */
  getImage(imageKey: Hex): Promise<LedgerImage | undefined>;

  /** Pieces `from` … `from + count - 1`, each checked against its chunk addresses and the body's root. `corrupt` when no node has the right bytes. */
  readPieces(body: Body, from: number, count: number): Promise<Buffer[]>;
  /** A header or preview, whole, checked against its SHA-256. */
  readBody(body: Body): Promise<Buffer>;

  /** Walks the chain from `after` for ever, by parent hash; ends when the signal aborts. */
  follow(options: FollowOptions): AsyncGenerator<ChainStep>;
  health(): Promise<LedgerHealth>;
  /** Stops sending, keeps the outbox for the next start. */
  close(): Promise<void>;
}
