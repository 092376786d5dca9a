/** The bits of one JPEG-LS scan (ISO 14495-1 §9.1), without the stuffed ones. */
export interface JpegLsBits {
  /** From the highest bit of each word on; after the last bit come zeros, at least 64. */
  words: Int32Array;
  bitCount: number;
  /** Where the marker after the scan begins, or the end of the bytes. */
  end: number;
}

/** Reads from `offset` to the next marker. A byte after 0xFF carries 7 bits: its highest is a stuffed 0. */
export function jpegLsBits(bytes: Uint8Array, offset: number): JpegLsBits {
  const end = markerAfter(bytes, offset);
  const words = new Int32Array(((end - offset) >> 2) + 3);
  let used = 0;
  let word = 0;
  let free = 32;
  let wasFF = false;
  for (let at = offset; at < end; at++) {
    const byte = bytes[at]!;
    free -= wasFF ? 7 : 8;
    wasFF = byte === 0xff;
    if (free > 0) word |= byte << free;
    else {
      words[used++] = word | (byte >> -free);
      word = free === 0 ? 0 : byte << (32 + free);
      free += 32;
    }
  }
  words[used] = word;
  return { words, bitCount: 32 * used + 32 - free, end };
}

function markerAfter(bytes: Uint8Array, offset: number): number {
  let at = bytes.indexOf(0xff, offset);
  while (at >= 0 && (bytes[at + 1] ?? 0xff) <= 0x7f) at = bytes.indexOf(0xff, at + 1);
  return at < 0 ? Math.max(offset, bytes.length) : at;
}
