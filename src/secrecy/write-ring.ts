import { LedgerError } from '../base/errors.js';
import { atOnce, type Work } from '../base/in-turns.js';
import { ENTRY_BYTES, PackedRing, packedRing } from './packed-ring.js';
import { comparePlaces, isAtOrBelow, isPlace, type Place } from './place.js';
import type { Ring } from './ring.js';

const COUNT_BYTES = 4;
/** So many entries are looked at between two turns of others, at most. */
const ENTRIES_IN_A_ROW = 512;

/**
 * A ring as bytes: how many tree nodes (u32), then of each its depth (u8), its prefix (u64, the bits that it lacks are zero) and
 * its 32 bytes, in the order of places. One ring has one form.
 */
export function writeRing(ring: Ring): Buffer {
  const { entries, size } = packedRing(ring);
  const bytes = Buffer.alloc(COUNT_BYTES + entries.length);
  bytes.writeUInt32BE(size);
  bytes.set(entries, COUNT_BYTES);
  return bytes;
}

/** Reads what `writeRing` has written, and how many bytes that was. Throws `corrupt` for anything in another form. */
export function readRing(bytes: Buffer): { ring: Ring; byteCount: number } {
  return atOnce(readingRing(bytes));
}

/** `readRing` as work that others can have turns in. */
export function* readingRing(bytes: Buffer): Work<{ ring: Ring; byteCount: number }> {
  const count = bytes.length < COUNT_BYTES ? 0 : bytes.readUInt32BE();
  const byteCount = COUNT_BYTES + count * ENTRY_BYTES;
  if (bytes.length < byteCount)
    throw new LedgerError(
      'corrupt',
      `A ring of ${count} tree nodes has ${byteCount} bytes; there are ${bytes.length}.`,
    );
  // Of its own: what else lies in the bytes may go.
  const ring = new PackedRing(Buffer.from(bytes.subarray(COUNT_BYTES, byteCount)));
  let last: Place | undefined;
  for (let index = 0; index < count; index++) {
    if (index % ENTRIES_IN_A_ROW === 0) yield;
    const place = ring.placeAt(index);
    const at = COUNT_BYTES + index * ENTRY_BYTES;
    if (!isPlace(place))
      throw new LedgerError(
        'corrupt',
        `A tree node of depth ${place.depth} has a prefix of another length (byte ${at}).`,
      );
    if (last && (comparePlaces(last, place) >= 0 || isAtOrBelow(place, last)))
      throw new LedgerError(
        'corrupt',
        `The tree nodes of a ring are not in order, or one is below another (byte ${at}).`,
      );
    last = place;
  }
  return { ring, byteCount };
}
