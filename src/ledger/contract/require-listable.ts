import { LedgerError } from '../../base/errors.js';
import { chunkCount, CHUNK_BYTES, type Layout, PAGE_CHUNKS } from './chunks.js';

/** What one list of the contract can name: a header or a preview has one list of chunks, an instance one of pages of them. */
const MAX_CHUNKS = { header: PAGE_CHUNKS, preview: PAGE_CHUNKS, instance: PAGE_CHUNKS * PAGE_CHUNKS } as const;

/**
 * Throws `too-large` for a body of more chunks than the contract lists (`ChunkNotDeployed`): it would refuse that only when all of the bytes
 * lie on the chain.
 */
export function requireListable(body: keyof typeof MAX_CHUNKS, layout: Layout): void {
  const [chunks, most] = [chunkCount(layout), MAX_CHUNKS[body]];
  if (chunks > most)
    throw new LedgerError(
      'too-large',
      `The ${body} has ${chunks} chunks on the chain, in pieces of ${layout.pieceBytes} bytes; a contract lists ${most} of one: split the object into several, or set PIECE_BYTES to ${CHUNK_BYTES}, which makes the fewest.`,
    );
}
