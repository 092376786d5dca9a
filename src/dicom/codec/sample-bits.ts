/** 16-bit samples of little endian bytes. */
export function wordsOf(bytes: Uint8Array): Uint16Array<ArrayBuffer> {
  const own = new Uint8Array(bytes);
  return new Uint16Array(own.buffer, 0, own.length >> 1);
}

/** Little endian bytes of samples in `BitsAllocated` (at least as many as they have), their sign carried on. */
export function widened(
  samples: Uint8Array | Uint16Array,
  { BitsAllocated, isSigned }: { BitsAllocated: number; isSigned: boolean },
): Uint8Array {
  const { buffer, byteOffset, byteLength, length, BYTES_PER_ELEMENT } = samples;
  if (BitsAllocated === 8 * BYTES_PER_ELEMENT) return new Uint8Array(buffer, byteOffset, byteLength);
  const signed = (): Int8Array | Int16Array =>
    BYTES_PER_ELEMENT === 1 ? new Int8Array(buffer, byteOffset, length) : new Int16Array(buffer, byteOffset, length);
  const values = isSigned ? signed() : samples;
  const wide = BitsAllocated === 16 ? Uint16Array.from(values) : Uint32Array.from(values);
  return new Uint8Array(wide.buffer);
}

/**
 * Whether every little endian sample of 8 or 16 bits lies within `bits`: as a number without sign, or as one whose sign
 * is carried on to its highest bit.
 */
export function fitsBits(
  bytes: Uint8Array,
  { BitsAllocated, bits, isSigned }: { BitsAllocated: number; bits: number; isSigned: boolean },
): boolean {
  if (bits >= BitsAllocated) return true;
  const samples = BitsAllocated === 8 ? new Uint8Array(bytes) : wordsOf(bytes);
  // Moved up by half the range, signed samples are compared as those without sign are.
  const half = isSigned ? 2 ** (bits - 1) : 0;
  const mask = 2 ** BitsAllocated - 1;
  for (const sample of samples) if (((sample + half) & mask) >= 2 ** bits) return false;
  return true;
}
