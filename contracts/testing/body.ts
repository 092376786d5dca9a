import { createHash } from 'node:crypto';
import { getCreate2Address, keccak256, ZeroHash } from 'ethers';
import { type TestLedger, siteA } from './ledger.js';
import type { Account } from './test-chain.js';

const CHUNK_BYTES = 24_575;
const PAGE_CHUNKS = 1_228;
const CREATION = Buffer.from('600b5981380380925939f300', 'hex');

/** Bytes on their way to the chain, as the contract wants them described. */
export interface TestBody {
  claim: { scheme: number; byteCount: number; sha256Digest: string; root: string };
  chunks: string[];
  /** Data of each page, which lists the chunks. */
  pages: { address: string; list: Buffer }[];
}

/** What `announce` takes. */
export interface TestAnnouncement {
  imageKey: string;
  patientKey: string;
  pieceBytes: number;
  header: TestBody['claim'];
  preview: TestBody['claim'];
  instance: TestBody['claim'];
  headerChunks: string[];
  previewChunks: string[];
}

/** Bytes without pattern that are the same in each run. */
export function noise(seed: string, byteCount: number): Buffer {
  return byteCount === 0 ? Buffer.alloc(0) : createHash('shake256', { outputLength: byteCount }).update(seed).digest();
}

export function key(name: string): string {
  return `0x${createHash('sha256').update(name).digest('hex')}`;
}

/** The contract that deploys chunks, by its address. */
export type Deployer = Pick<TestLedger, 'address'>;

export function chunkAddress(ledger: Deployer, data: Uint8Array): string {
  return getCreate2Address(ledger.address, ZeroHash, keccak256(Buffer.concat([CREATION, data])));
}

/** Addresses of the chunks that a piece becomes. */
export function chunksOfPiece(ledger: Deployer, piece: Buffer): string[] {
  const chunks = [chunkAddress(ledger, piece.subarray(0, CHUNK_BYTES))];
  for (let from = CHUNK_BYTES; from < piece.length; from += CHUNK_BYTES) {
    chunks.push(chunkAddress(ledger, piece.subarray(from, from + CHUNK_BYTES)));
  }
  return chunks;
}

/** A header or a preview: its root is that of its chunks. */
export function listedBody(ledger: Deployer, pieces: Buffer[]): TestBody {
  const chunks = pieces.flatMap((piece) => chunksOfPiece(ledger, piece));
  const bytes = Buffer.concat(pieces);
  return { claim: claim(bytes.length, chunks, sha256(bytes)), chunks, pages: [] };
}

/** An instance: its root is that of its pages. Its chunks are worked out once for each piece that recurs. */
export function pagedBody(ledger: Deployer, pieces: Buffer[]): TestBody {
  const known = new Map<Buffer, string[]>();
  const chunks: string[] = [];
  let byteCount = 0;
  for (const piece of pieces) {
    const own = known.get(piece) ?? chunksOfPiece(ledger, piece);
    known.set(piece, own);
    chunks.push(...own);
    byteCount += piece.length;
  }
  const pages: TestBody['pages'] = [];
  for (let from = 0; from < chunks.length; from += PAGE_CHUNKS) {
    const list = packed(chunks.slice(from, from + PAGE_CHUNKS));
    pages.push({ address: chunkAddress(ledger, list), list });
  }
  const addresses = pages.map((page) => page.address);
  return { claim: claim(byteCount, addresses, key('content')), chunks, pages };
}

/** Addresses one after another, 20 bytes each. */
export function packed(addresses: string[]): Buffer {
  return Buffer.from(addresses.map((address) => address.slice(2)).join(''), 'hex');
}

function claim(byteCount: number, list: string[], sha256Digest: string): TestBody['claim'] {
  return { scheme: 0, byteCount, sha256Digest, root: keccak256(packed(list)) };
}

/** An announcement of an instance alone, with an empty header and preview. */
export function announcement(name: string, instance: TestBody, pieceBytes = 30_720): TestAnnouncement {
  const empty = claim(0, [], sha256(Buffer.alloc(0)));
  return {
    imageKey: key(name),
    patientKey: key('patient'),
    pieceBytes,
    header: empty,
    preview: empty,
    instance: instance.claim,
    headerChunks: [],
    previewChunks: [],
  };
}

/** Stores the distinct pieces, then the pages, and checks these. */
export async function storeBody(ledger: TestLedger, body: TestBody, pieces: Iterable<Buffer>): Promise<void> {
  for (const piece of new Set(pieces)) await ledger.send(siteA, 'storePieces', [piece]);
  for (const { list, address } of body.pages) {
    await ledger.send(siteA, 'storePieces', [list]);
    await ledger.send(siteA, 'checkPage', address);
  }
}

/** Announces, stores and seals an instance of the given pieces; returns its key and body. */
export async function sealImage(
  ledger: TestLedger,
  {
    name,
    pieces,
    pieceBytes = 30_720,
    by = siteA,
  }: { name: string; pieces: Buffer[]; pieceBytes?: number; by?: Account },
): Promise<{ imageKey: string; body: TestBody }> {
  const body = pagedBody(ledger, pieces);
  const told = announcement(name, body, pieceBytes);
  await ledger.send(by, 'announce', told);
  await storeBody(ledger, body, pieces);
  await ledger.send(by, 'seal', told.imageKey, pageAddresses(body));
  return { imageKey: told.imageKey, body };
}

export function pageAddresses(body: TestBody): string[] {
  return body.pages.map((page) => page.address);
}

function sha256(bytes: Buffer): string {
  return `0x${createHash('sha256').update(bytes).digest('hex')}`;
}
