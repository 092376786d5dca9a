import { LedgerError } from '../base/errors.js';
import { exactly, KEY_BYTES } from './labels.js';
import type { Ring } from './ring.js';
import { PATH_BITS, type Prefix } from './tree.js';

const COUNT_BYTES = 4;
const ENTRY_BYTES = 1 + PATH_BITS / 8 + KEY_BYTES;

/**
 * A ring as bytes: how many tree nodes (u32), then of each its depth (u8), its prefix (u64, the bits that it lacks are zero) and
 * its 32 bytes, in the order of places. One ring has one form.
 */
export function writeRing(ring: Ring): Buffer {
  const places = [...ring.keys()].sort();
  const bytes = Buffer.alloc(COUNT_BYTES + places.length * ENTRY_BYTES);
  bytes.writeUInt32BE(places.length);
  for (const [index, place] of places.entries()) {
    const at = COUNT_BYTES + index * ENTRY_BYTES;
    bytes.writeUInt8(place.length, at);
    bytes.writeBigUInt64BE(BigInt(`0b${place.padEnd(PATH_BITS, '0')}`), at + 1);
    bytes.set(exactly(KEY_BYTES, ring.get(place)!), at + ENTRY_BYTES - KEY_BYTES);
  }
  return bytes;
}

/** Reads what `writeRing` has written, and how many bytes that was. Throws `corrupt` for anything in another form. */
export function readRing(bytes: Buffer): { ring: Ring; byteCount: number } {
  const count = bytes.length < COUNT_BYTES ? 0 : bytes.readUInt32BE();
  const byteCount = COUNT_BYTES + count * ENTRY_BYTES;
  if (bytes.length < byteCount)
    throw new LedgerError(
      'corrupt',
      `A ring of ${count} tree nodes has ${byteCount} bytes; there are ${bytes.length}.`,
    );
  const ring = new Map<Prefix, Buffer>();
  let last: Prefix | undefined;
  for (let at = COUNT_BYTES; at < byteCount; at += ENTRY_BYTES) {
    const place = readPlace(bytes, at);
    if (last !== undefined && (place < last || place.startsWith(last)))
      throw new LedgerError(
        'corrupt',
        `The tree nodes of a ring are not in order, or one is below another (byte ${at}).`,
      );
    ring.set(place, Buffer.from(bytes.subarray(at + ENTRY_BYTES - KEY_BYTES, at + ENTRY_BYTES)));
    last = place;
  }
  return { ring, byteCount };
}

function readPlace(bytes: Buffer, at: number): Prefix {
  const depth = bytes.readUInt8(at);
  const bits = bytes
    .readBigUInt64BE(at + 1)
    .toString(2)
    .padStart(PATH_BITS, '0');
  if (depth > PATH_BITS || /1/.test(bits.slice(depth)))
    throw new LedgerError('corrupt', `A tree node of depth ${depth} has a prefix of another length (byte ${at}).`);
  return bits.slice(0, depth);
}
