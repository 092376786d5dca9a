import { createHash } from 'node:crypto';
import { isCorruptForEver } from '../../base/errors.js';
import type { ContentFault } from '../../dicom/verify/verify-content.js';
import { toHex } from '../../ledger/ethereum/hex.js';
import type { Body, Ledger, Since } from '../../ledger/ledger.js';
import { pieceCount } from '../../pieces/pieces.js';

/** About 1 MB. */
const BATCH_PIECES = 34;
/** While one batch is hashed, the next are fetched. */
const BATCHES_AHEAD = 3;
/** What was read out of turn is kept for its turn, up to so many pieces (4 MB); else it is read again. */
const KEPT_PIECES = 136;

/** A body as it lies on the chain, read by pieces in whatever order, with the SHA-256 of all of it in the end. */
export interface DigestedPieces {
  readPieces: Ledger['readPieces'];
  /**
   * What is wrong with the body's SHA-256: every byte of it is read, what was read before once only. It needs no key. Rejects as
   * `Ledger.readPieces` for what may pass; what is `corrupt` for ever is a fault. To be called once, when all other reading is done.
   */
  fault(): Promise<ContentFault | undefined>;
}

/** @param body Of release 2, which announces the SHA-256 of what lies there. */
export function createDigestedPieces(
  { readPieces }: Pick<Ledger, 'readPieces'>,
  body: Body,
  since?: Since,
): DigestedPieces {
  const hash = createHash('sha256');
  const count = pieceCount(body.byteCount, body.pieceBytes);
  /** All before it are hashed. */
  let next = 0;
  const early = new Map<number, Buffer>();

  const take = (first: number, pieces: readonly Buffer[]): void => {
    for (const [i, piece] of pieces.entries()) {
      if (first + i === next) {
        hash.update(piece);
        next++;
      } else if (first + i > next && early.size < KEPT_PIECES) early.set(first + i, piece);
    }
    for (let piece = early.get(next); piece; piece = early.get(next)) {
      hash.update(piece);
      early.delete(next++);
    }
  };

  const read: Ledger['readPieces'] = async (of, first, wanted, sinceThen) => {
    const pieces = await readPieces(of, first, wanted, sinceThen);
    take(first, pieces);
    return pieces;
  };

  /** Reads what nobody has read, in order. */
  const readRest = async (): Promise<void> => {
    const ahead: Promise<unknown>[] = [];
    for (let from = next; next < count;) {
      for (; ahead.length < BATCHES_AHEAD && from < count; from += BATCH_PIECES) {
        const batch = read(body, from, BATCH_PIECES, since);
        batch.catch(() => undefined);
        ahead.push(batch);
      }
      // What was read out of turn, and was too much to be kept.
      if (ahead.length === 0) from = next;
      else await ahead.shift();
    }
  };

  return {
    readPieces: read,
    fault: async () => {
      try {
        await readRest();
      } catch (error) {
        if (!isCorruptForEver(error)) throw error;
        return { reason: 'bytes', detail: error.message };
      }
      const sha256 = toHex(hash.digest());
      if (sha256 === body.sha256) return undefined;
      return {
        reason: 'bytes',
        detail: `SHA-256 of the encrypted bytes on the chain is ${sha256}, announced was ${body.sha256}.`,
      };
    },
  };
}
