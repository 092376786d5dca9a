import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { LedgerError } from '../../base/errors.js';
import * as layout from '../contract/chunks.js';
import { fromHex, toHex, type Hex } from '../ethereum/hex.js';
import { keccak256 } from '../ethereum/keccak256.js';
import type { Body, Since } from '../ledger.js';
import type { ChunkReader } from './chunk-reader.js';

/** Reads bodies and checks every byte: a chunk's address follows from its content, its place from the announced root. */
export interface BodyReader {
  readPieces(body: Body, from: number, count: number, since?: Since): Promise<Buffer[]>;
  readBody(body: Body, since?: Since): Promise<Buffer>;
}

export function createBodyReader({ chunks }: { chunks: ChunkReader }): BodyReader {
  /** Content of pages that were checked against their address. */
  const pages = new LRUCache<Hex, Buffer>({ max: 64 });

  async function readPage(contract: Hex, address: Hex, since: Since | undefined): Promise<Buffer> {
    const known = pages.get(address);
    if (known) return known;
    const [page] = await chunks.read(contract, [address], since);
    if (page!.length === 0 || page!.length % layout.ADDRESS_BYTES !== 0)
      throw corrupt(`The page ${address} has ${page!.length} bytes, which is no list of addresses.`);
    pages.set(address, page);
    return page!;
  }

  /** Chunk addresses `from` … `to - 1` of an instance, from its pages. */
  async function pagedAddresses(body: Body, from: number, to: number, since: Since | undefined): Promise<Hex[]> {
    if (body.list.length === 0) throw unavailable(`The image of ${body.byteCount} bytes is not sealed yet.`);
    const expected = Math.ceil(layout.chunkCount(body) / layout.PAGE_CHUNKS);
    if (body.list.length !== expected)
      throw corrupt(`The image of ${body.byteCount} bytes lists ${body.list.length} pages instead of ${expected}.`);
    const addresses: Hex[] = [];
    for (let chunk = from; chunk < to;) {
      const number = Math.floor(chunk / layout.PAGE_CHUNKS);
      const entry = chunk % layout.PAGE_CHUNKS;
      const page = await readPage(body.contract, body.list[number]!, since);
      const entries = layout.addressesOf(page).slice(entry, entry + to - chunk);
      if (entries.length === 0) throw corrupt(`The page ${body.list[number]!} ends before chunk ${entry}.`);
      addresses.push(...entries.map(toHex));
      chunk += entries.length;
    }
    return addresses;
  }

  return {
    readPieces: async (body, from, count, since) => {
      const to = Math.min(from + count, layout.pieceCount(body));
      if (from < 0 || to <= from) return [];
      requireListed(body);
      const perPiece = layout.chunksOfPiece(body.pieceBytes);
      const lastChunk = Math.min(to * perPiece, layout.chunkCount(body));
      const addresses = await pagedAddresses(body, from * perPiece, lastChunk, since);
      const parts = await chunks.read(body.contract, addresses, since);
      requirePieces(body, from, parts, perPiece);
      // One after the other in memory: who wants the whole range has it without a copy.
      const bytes = layout.mergeChunks(parts);
      return Array.from({ length: to - from }, (_, i) =>
        bytes.subarray(i * body.pieceBytes, (i + 1) * body.pieceBytes),
      );
    },
    readBody: async (body, since) => {
      requireListed(body);
      const bytes = Buffer.concat(await chunks.read(body.contract, body.list, since));
      const sha256 = toHex(createHash('sha256').update(bytes).digest());
      if (bytes.length !== body.byteCount || sha256 !== body.sha256)
        throw corrupt(
          `The body of ${body.byteCount} bytes has ${bytes.length} bytes of SHA-256 ${sha256}, not ${body.sha256}.`,
        );
      return bytes;
    },
  };
}

function requireListed(body: Body): void {
  if (
    body.list.length > 0 &&
    toHex(keccak256(fromHex(`0x${body.list.map((one) => one.slice(2)).join('')}`))) !== body.root
  )
    throw corrupt(`The list of ${body.list.length} addresses is not the one announced with root ${body.root}.`);
}

/** Throws `corrupt` where chunks, each right by itself, are not as long as their pieces. */
function requirePieces(body: Body, first: number, chunks: readonly Buffer[], perPiece: number): void {
  for (let i = 0; i * perPiece < chunks.length; i++) {
    const parts = chunks.slice(i * perPiece, (i + 1) * perPiece);
    const byteCount = parts.reduce((sum, { length }) => sum + length, 0);
    const expected = layout.pieceByteCount(body, first + i);
    if (byteCount !== expected) throw corrupt(`Piece ${first + i} has ${byteCount} bytes instead of ${expected}.`);
  }
}

function corrupt(message: string): LedgerError {
  return new LedgerError('corrupt', message);
}

function unavailable(message: string): LedgerError {
  return new LedgerError('unavailable', message, { retryable: true });
}
