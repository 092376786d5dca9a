import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ByteSource } from '../../base/byte-source.js';
import { keccak256 } from '../ethereum/keccak256.js';

/** EIP-170 allows 24,576 bytes of code; the first is 0x00, so that a chunk can never run. */
export const CHUNK_BYTES = 24_575;
/** Addresses of 20 bytes that fit into one chunk. */
export const PAGE_CHUNKS = 1_228;
export const ADDRESS_BYTES = 20;

/** The init code before a chunk's data: eleven bytes that return the rest, then the chunk's own 0x00 (PieceStore.sol). */
const CREATION = Buffer.from('600b5981380380925939f300', 'hex');
const CREATE2_PREFIX = Buffer.from([0xff]);
const SALT = Buffer.alloc(32);

/** Where `contract` deploys a chunk of `data` (EIP-1014, salt 0): its address follows from its content. */
export function chunkAddress(contract: Buffer, data: Buffer): Buffer {
  return keccak256(CREATE2_PREFIX, contract, SALT, keccak256(CREATION, data)).subarray(12);
}

export function chunksOfPiece(byteCount: number): number {
  return Math.max(1, Math.ceil(byteCount / CHUNK_BYTES));
}

/** A piece as its chunks; an empty piece is one empty chunk. */
export function splitPiece(piece: Buffer): Buffer[] {
  return Array.from({ length: chunksOfPiece(piece.length) }, (_, i) =>
    piece.subarray(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES),
  );
}

const PIECES_PER_TURN = 32;

/** How many bytes a body has, and how they are cut. */
export interface Layout {
  byteCount: number;
  pieceBytes: number;
}

export function pieceCount({ byteCount, pieceBytes }: Layout): number {
  return Math.ceil(byteCount / pieceBytes);
}

export function pieceByteCount({ byteCount, pieceBytes }: Layout, piece: number): number {
  return Math.min(pieceBytes, byteCount - piece * pieceBytes);
}

export function chunkCount(layout: Layout): number {
  const pieces = pieceCount(layout);
  return pieces === 0
    ? 0
    : (pieces - 1) * chunksOfPiece(layout.pieceBytes) + chunksOfPiece(pieceByteCount(layout, pieces - 1));
}

/** A body before it is sent: what is announced of it, and where each of its chunks will be. */
export interface BodyPlan extends Layout {
  root: Buffer;
  /** Chunk addresses in order, packed. */
  chunks: Buffer;
}

/** A body whose chunks are listed by pages: an instance. */
export interface PagedPlan extends BodyPlan {
  /** Each page's content: up to 1,228 packed addresses. */
  pages: Buffer[];
  /** Page addresses in order, packed. */
  pageAddresses: Buffer;
}

/** Plans a header or a preview; its root is over its chunk addresses. */
export async function planBody(contract: Buffer, source: ByteSource, pieceBytes: number): Promise<BodyPlan> {
  const layout = { byteCount: source.byteCount, pieceBytes };
  const chunks = Buffer.alloc(chunkCount(layout) * ADDRESS_BYTES);
  let at = 0;
  for (let piece = 0; piece < pieceCount(layout); piece++) {
    const bytes = await source.read(piece * pieceBytes, pieceByteCount(layout, piece));
    for (const chunk of splitPiece(bytes)) at += chunkAddress(contract, chunk).copy(chunks, at);
    // Hashing a large instance from memory would hold up everything else of this process.
    if (piece % PIECES_PER_TURN === PIECES_PER_TURN - 1) await nextTurn();
  }
  return { ...layout, chunks, root: keccak256(chunks) };
}

/** Plans an instance by reading it once, a piece at a time; its root is over its page addresses. */
export async function planPagedBody(contract: Buffer, source: ByteSource, pieceBytes: number): Promise<PagedPlan> {
  const plan = await planBody(contract, source, pieceBytes);
  const pages = splitList(plan.chunks);
  const pageAddresses = Buffer.concat(pages.map((page) => chunkAddress(contract, page)));
  return { ...plan, pages, pageAddresses, root: keccak256(pageAddresses) };
}

/** Packed addresses as the contents of pages. */
function splitList(addresses: Buffer): Buffer[] {
  const pageBytes = PAGE_CHUNKS * ADDRESS_BYTES;
  return Array.from({ length: Math.ceil(addresses.length / pageBytes) }, (_, i) =>
    addresses.subarray(i * pageBytes, (i + 1) * pageBytes),
  );
}

/** Packed addresses one by one. */
export function addressesOf(packed: Buffer): Buffer[] {
  return Array.from({ length: packed.length / ADDRESS_BYTES }, (_, i) =>
    packed.subarray(i * ADDRESS_BYTES, (i + 1) * ADDRESS_BYTES),
  );
}

/** The data of a chunk as `eth_getCode` gives it, or undefined when that is no chunk. */
export function chunkData(code: Buffer): Buffer | undefined {
  return code.length === 0 || code[0] !== 0 ? undefined : code.subarray(1);
}

/** The data of the chunk of `contract` at that address, if the code is the one whose address that is. */
export function chunkAt(contract: Buffer, address: Buffer, code: Buffer): Buffer | undefined {
  const data = chunkData(code);
  return data !== undefined && chunkAddress(contract, data).equals(address) ? data : undefined;
}

/**
 * The data of chunks in one buffer. Where they are the codes of one answer, each behind the 0x00 of its own, they are moved together in
 * place: the caller's buffers have other bytes afterwards.
 */
export function mergeChunks(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks;
  const isOneAnswer = chunks.every((chunk, i) => i === 0 || isNextCode(chunks[i - 1]!, chunk));
  if (first === undefined || !isOneAnswer) return Buffer.concat(chunks);
  const memory = Buffer.from(first.buffer, first.byteOffset);
  let end = first.length;
  for (const chunk of chunks.slice(1)) {
    const start = chunk.byteOffset - first.byteOffset;
    memory.copyWithin(end, start, start + chunk.length);
    end += chunk.length;
  }
  return memory.subarray(0, end);
}

function isNextCode(before: Buffer, chunk: Buffer): boolean {
  return chunk.buffer === before.buffer && chunk.byteOffset === before.byteOffset + before.length + 1;
}
