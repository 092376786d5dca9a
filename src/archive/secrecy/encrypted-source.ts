import { LRUCache } from 'lru-cache';
import { type ByteSource, requireWithin } from '../../base/byte-source.js';
import { ENCRYPTED_SCHEME, encryptBodyCell } from '../../secrecy/body.js';
import type { Role } from '../../secrecy/body-keys.js';
import { CELL_BYTES, cellByteCount, cellCount, cellRange, encryptedByteCount } from '../../secrecy/cell-range.js';
import { type CellKeys, KEY_COMMITMENT_BYTES } from '../../secrecy/cell.js';

/**
 * Cells that are kept, of all bodies together, 16 MB: a piece ends within one, and the next piece begins there; and a body is read a second
 * time, to be sent, soon after it was read to find out where its chunks will be.
 */
const kept = new LRUCache<string, Promise<Buffer>>({ max: 256 });
let bodies = 0;

/**
 * The encrypted body of a padded plaintext, readable anywhere: only the cells that are asked for are read and encrypted. The same
 * plaintext gives the same bytes each time, whatever else was read. It must stay readable as long as the result.
 */
export function encryptedSource(plaintext: ByteSource, { keys, role }: { keys: CellKeys; role: Role }): ByteSource {
  const form = { scheme: ENCRYPTED_SCHEME, role, byteCount: plaintext.byteCount };
  const byteCount = encryptedByteCount(plaintext.byteCount);
  const body = ++bodies;

  const encrypt = async (number: number): Promise<Buffer> => {
    const bytes = await plaintext.read(number * CELL_BYTES, cellByteCount(plaintext.byteCount, number));
    return encryptBodyCell(keys, form, number, bytes);
  };

  const cell = (number: number): Promise<Buffer> => {
    const name = `${body}/${number}`;
    const known = kept.get(name);
    if (known) return known;
    const encrypted = encrypt(number);
    kept.set(name, encrypted);
    // A read that fails is not remembered.
    encrypted.catch(() => kept.delete(name));
    return encrypted;
  };

  return {
    byteCount,
    read: async (offset, wanted) => {
      requireWithin(offset, wanted, byteCount);
      const end = offset + wanted;
      const parts: Buffer[] = [];
      if (offset < KEY_COMMITMENT_BYTES) parts.push(keys.commit.subarray(offset, end));
      for (let number = cellAt(offset); number < cellCount(plaintext.byteCount); number++) {
        const { offset: start } = cellRange(plaintext.byteCount, number);
        if (start >= end) break;
        parts.push((await cell(number)).subarray(Math.max(0, offset - start), end - start));
      }
      return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    },
  };
}

/** The cell that a byte of an encrypted body lies in; the first one for the key commitment. */
function cellAt(offset: number): number {
  const { byteCount } = cellRange(CELL_BYTES, 0);
  return Math.max(0, Math.floor((offset - KEY_COMMITMENT_BYTES) / byteCount));
}
