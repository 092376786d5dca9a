import type { ByteSource } from '../base/byte-source.js';
import type { ConsortiumFact } from './consortium-fact.js';
import type { ConsortiumAt } from './consortium/consortium-events.js';
import type { BlockRef } from './ethereum/block-ref.js';
import type { Hex } from './ethereum/hex.js';
import type { NodeStatus } from './nodes/node.js';
import type { RetirementLedger } from './retirement-ledger.js';
import type { RingLedger } from './ring-ledger.js';

/** Where an event stands on the chain. Lower means earlier. */
export interface Position {
  blockNumber: bigint;
  logIndex: number;
}

/**
 * Bytes on the chain, as announced: `byteCount` and `root` of what lies there, `sha256` of what was given, which `scheme` 0 leaves
 * as it is; others are for the archive to know. `list` has chunk addresses (header, preview) or page addresses (instance,
 * once sealed).
 */
export interface Body {
  contract: Hex;
  scheme: number;
  byteCount: number;
  sha256: Hex;
  root: Hex;
  pieceBytes: number;
  list: Hex[];
}

/** A root on the chain: 32 bytes, the number of rows that it stands for, and the block that has it. */
export interface Anchor {
  root: Buffer;
  count: number;
  block: bigint;
}

/**
 * By what an image is named when it is announced. Release 1: pseudonyms under the consortium key, 32 bytes each. Release 2: the image
 * key, which follows from the study's node and the SOP Instance UID; the ring, 16 bytes; and the numbers, each a u64, that its site has given to study
 * and patient.
 */
export type ImageNames =
  | { release: 1; imageKey: Hex; patientKey: Hex }
  | { release: 2; imageKey: Hex; ringId: Hex; studyKey: bigint; patientKey: bigint };

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

/** What a catalogue needs to know, in chain order. */
export type LedgerEvent = ImageEvent | (EventBase & ConsortiumFact);

/** A block, with the events that a catalogue needs. `timestamp` is in seconds. */
export interface BlockStep {
  kind: 'block';
  block: BlockRef;
  parentHash: Hex;
  timestamp: bigint;
  events: LedgerEvent[];
}

/**
 * One step of the walk along the chain: a block (those without events may be left out), or back to a common ancestor and on over
 * the blocks that replace what was undone, up to the same height as far as they are there.
 */
export type ChainStep = BlockStep | { kind: 'rollback'; to: BlockRef; blocks: BlockStep[] };

/** What the walk needs to know of the walker. */
export interface FollowOptions {
  /** The last block that was applied; undefined starts at block 0. */
  after: BlockRef | undefined;
  /** The hash that was applied at that height, undefined when not kept any more. */
  hashAt(number: bigint): Hex | undefined;
  signal: AbortSignal;
}

/** An image as it is to lie on the chain; in release 2, all three bodies are encrypted. */
export interface ImageToStore {
  /** `imageIdOf` of the names. */
  imageId: Hex;
  names: ImageNames;
  /** At most 18 MB (one page of chunks); 14 MB in release 2. */
  header: Buffer;
  /** At most 30,720 bytes in release 1; empty for none. One that is being made is waited for; where that fails nothing is announced, and `store` rejects as it does. */
  preview: Buffer | Promise<Buffer>;
  /**
   * Must stay readable until the promise of `store` has settled, and be the same bytes each time. `sha256` is that of what was given, which
   * release 1 announces; release 2 announces that of these bytes.
   */
  instance: ByteSource & { sha256: Hex; scheme?: number };
}

/** Where an image was sealed. */
export interface Seal {
  blockHash: Hex;
  transactionHash: Hex;
}

/** Whose an image is on the chain, and how far. A withdrawn one is none. */
export interface ImageOnChain {
  siteId: number;
  state: 'announced' | 'sealed' | 'retired';
  /** Of the instance as it was given (release 1), or as it lies on the chain (release 2). */
  sha256: Hex;
}

/** Something that needs a person. */
export interface Alarm {
  code: AlarmCode;
  /** What is wrong and what to do. */
  sentence: string;
  /** While it lasts, nothing more is taken to be stored. */
  stopsStoring: boolean;
}

export type AlarmCode =
  /** No node answers. */
  | 'no-node'
  /** No block for 10 periods with something pending. */
  | 'chain-stalled'
  /** A node has no peers though others are configured. */
  | 'no-peers'
  /** A block came near the 10 MiB at which nodes disconnect. */
  | 'large-block'
  /** A node gave bytes that are not those of their address. */
  | 'wrong-bytes'
  /** Nodes do not take this site's transactions. */
  | 'not-taken'
  /** Something else signs with the key of this server's account. */
  | 'key-shared'
  /** The account has little left to pay gas with. */
  | 'account-low'
  /** The outbox cannot be written. */
  | 'outbox'
  /** A disk that the site needs is nearly full. */
  | 'disk-low'
  /** The audit cannot be written. */
  | 'audit-stopped'
  /** Rows of the audit have no anchor on the chain for more than a day. */
  | 'audit-not-anchored'
  /** A receiver of the audit takes nothing. */
  | 'audit-not-sent'
  /** Somebody has seen more than is theirs, in an emergency. */
  | 'break-glass'
  /** Readers die again and again; the server answers by itself what they do not. */
  | 'readers-failing'
  /** A thread of the catalogue has ended by itself. */
  | 'catalogue-thread'
  /** Several sites have announced one study or instance UID. */
  | 'study-conflict'
  /** Instances of one study have several patients. */
  | 'two-patients'
  /** A site has retired more images within an hour than are taken without a person. */
  | 'mass-retirement'
  /** Announcements were found wrong, and nobody has looked at them yet. */
  | 'quarantine'
  /** What this site itself has announced cannot be read, for want of its keys. */
  | 'keys-missing';

export interface LedgerHealth {
  reachable: boolean;
  chainId: bigint;
  head: BlockRef | undefined;
  nodes: NodeStatus[];
  /** Transactions on disk that are not in a block yet, and their bytes. */
  outboxTransactions: number;
  outboxBytes: number;
  /** Most bytes that are signed and not in a block, as things stand. */
  windowBytes: number;
  alarms: Alarm[];
  /** Images whose transactions blocks took without effect since the start, all of them and the newest by name. */
  reverted: { count: number; newest: RevertedImage[] };
}

/** An image whose transactions a block took without the effect they should have: another site was first, or a chunk was missing. */
export interface RevertedImage {
  imageId: Hex;
  /** Milliseconds since 1970. */
  at: number;
  /** The contract's reason, as far as it can be known. */
  reason: string;
  /** What became of it by the rules of the contract. */
  resolution: 'sent-again' | 'same-content' | 'other-content' | 'failed';
}

/** Depths in blocks, 1 = in the head block: at which a store counts as sealed, as final, and at which outbox and spool give it up. */
export interface Depths {
  sealed: number;
  final: number;
  kept: number;
}

/** From when on the code of a body is said to lie on the chain. */
export interface Since {
  /** That of the announcement, or of the seal. */
  block: bigint;
  /** `Ledger.branch`, from before the block was looked up. */
  branch: number;
}

/** The chain as the archive sees it: images in, verified bytes and events out. Nothing above knows of chunks, nonces or ABI. */
export interface Ledger extends RingLedger, RetirementLedger {
  readonly chainId: bigint;
  /** Of the contract that is written to. */
  readonly release: 1 | 2;
  /** Address of the contract that keeps sites and rings; undefined in release 1. */
  readonly consortium: Hex | undefined;
  /** The contract that is written to, and all that are read, newest first. */
  readonly contracts: readonly Hex[];
  /** Of `contracts`, in their order. */
  readonly releases: readonly (1 | 2)[];
  readonly siteId: number;
  /**
   * What a site is called on the contract that is written to: at most 64 characters, none of control, no spaces around them. `site <n>`
   * until the contract could be asked.
   */
  siteName(siteId: number): string;
  /** Every site that was ever admitted, by number; as far as it is known while no node answers. Never rejects. */
  sites(): Promise<readonly { siteId: number; name: string }[]>;
  /** This site's, by which it signs. */
  readonly account: Hex;
  readonly depths: Depths;
  readonly pieceBytes: number;

  /**
   * Stores an image. Resolves when the last transaction is in a block and the contract says that the image is sealed with this
   * content, by this site or another one; every transaction is in the outbox, synced, before it is sent. Idempotent: chunks, pages
   * and states that are on the chain already are not sent again. Rejects with `conflict` (another content is there), `gone` (retired),
   * `too-large` (more chunks than a contract lists), `site-not-admitted`, `chain-refused`, or `unavailable` (no node answers, or it is
   * being closed). Where another site has announced the same content it has \`rivalMs\` to seal it, 20 s unless given; then it is
   * `unavailable` too. Both that and `conflict` name the other site in `details.siteId`, and while it has sealed nothing, in
   * `details.takeoverBlock` (bigint) the first block in which this site may take the image over.
   */
  store(image: ImageToStore, options?: { rivalMs?: number }): Promise<void>;
  /** By what the contract that is written to knows an image of this site. */
  imageIdOf(names: ImageNames): Hex;
  /** An image as the contract has it now; undefined for none. Rejects with `unavailable`. */
  image(imageId: Hex): Promise<ImageOnChain | undefined>;
  /** What a block has sealed, by image ID, as a node has it now. Rejects with `unavailable`. */
  seals(block: bigint): Promise<ReadonlyMap<Hex, Seal>>;

  /**
   * Pieces `from` … `from + count - 1` as they lie there, whatever the scheme, each checked against its chunk addresses and the body's
   * root. `corrupt` when the right bytes cannot be had:
   * - not `retryable` when the chain itself speaks against the announcement, so that it stays wrong for ever: a node has proven by the last
   *   block of `follow` (EIP-1186) that the code at an address is not the chunk whose address that is; or two nodes gave the very same
   *   code there; or chunks that are right by themselves contradict what was announced. No node is blamed for that.
   * - `retryable` when nodes gave bytes that are not those of their address and proved nothing: one may have the right ones later.
   * `unavailable` while no node has the bytes. Where code is gone from an address (a chunk's never is) that is a proof too, if it is
   * known since when it was there.
   */
  readPieces(body: Body, from: number, count: number, since?: Since): Promise<Buffer[]>;
  /** A header or preview, whole, checked against its SHA-256. Rejects as `readPieces` does. */
  readBody(body: Body, since?: Since): Promise<Buffer>;

  /**
   * Puts a root of 32 bytes on the chain, with the number of rows that it stands for. Resolves with the hash of the transaction
   * once it is in the outbox. Rejects with `site-not-admitted`.
   */
  anchor(root: Buffer, count: number): Promise<Hex>;
  /** What a transaction anchored; undefined while no block has it. */
  findAnchor(transactionHash: Hex): Promise<Anchor | undefined>;

  /**
   * What the consortium says as of a block so deep (`depths.final` unless given, 1 = the head). Where two nodes can be asked, two have to say the same.
   * Rejects with `not-implemented` in release 1, with `unavailable` when they differ, and as `read` does.
   */
  askConsortium<T>(read: (at: ConsortiumAt) => Promise<T>, options?: { depth?: number }): Promise<T>;
  /** This account's signature of 32 bytes: 64 bytes r ‖ s, s in the lower half. For what is no transaction. */
  sign(digest: Buffer): Buffer;

  /** Walks the chain from `after` for ever, by parent hash; ends when the signal aborts. */
  follow(options: FollowOptions): AsyncGenerator<ChainStep>;
  /** Changes whenever what `follow` has given, and was taken in, may be of another branch of the chain than before. */
  readonly branch: number;
  /**
   * Whether a second node has this very block too. True when only one node is configured, or no second one can be asked:
   * then the depth alone speaks for it (on Clique no signer seals twice running).
   */
  isHeldTwice(block: BlockRef): Promise<boolean>;
  /** Never rejects nor hangs. What nodes said is at most `maxAgeMs` old, 1 s unless given. */
  health(parameters?: { maxAgeMs?: number }): Promise<LedgerHealth>;
  /** Stops sending, keeps the outbox for the next start. */
  close(): Promise<void>;
}
