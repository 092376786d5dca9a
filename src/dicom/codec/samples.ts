export type Samples =
  Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

/** How the values of native pixel data lie in their cells (PS3.5 §8.1.1). */
interface Layout {
  BitsAllocated: number;
  BitsStored: number;
  HighBit: number;
  PixelRepresentation: number;
  /** IEEE 754 numbers in Float Pixel Data and Double Float Pixel Data (PS3.3 §C.7.6.24). */
  sampleKind: 'integer' | 'float';
}

/**
 * Stored values of little endian native pixel data, in stored order: 1, 8, 16 or 32 bits allocated, or 32- and 64-bit
 * floats. Bits outside BitsStored are dropped (PS3.5 §8.1.1). Undefined for other layouts and for too few bytes.
 */
export function readSamples(bytes: Buffer, layout: Layout, sampleCount: number): Samples | undefined {
  const { BitsAllocated, sampleKind } = layout;
  const byteCount = Math.ceil((sampleCount * BitsAllocated) / 8);
  if (bytes.length < byteCount) return undefined;
  const { buffer, byteOffset } = aligned(bytes, Math.ceil(BitsAllocated / 8));
  if (sampleKind === 'float') {
    if (BitsAllocated === 32) return new Float32Array(buffer, byteOffset, sampleCount);
    if (BitsAllocated === 64) return new Float64Array(buffer, byteOffset, sampleCount);
    return undefined;
  }
  if (BitsAllocated === 1) return unpackBits(new Uint8Array(buffer, byteOffset, byteCount), sampleCount);
  if (BitsAllocated === 8) return dropUnusedBits(new Uint8Array(buffer, byteOffset, sampleCount), layout);
  if (BitsAllocated === 16) return dropUnusedBits(new Uint16Array(buffer, byteOffset, sampleCount), layout);
  if (BitsAllocated === 32) return dropUnusedBits(new Uint32Array(buffer, byteOffset, sampleCount), layout);
  return undefined;
}

/** A typed array has to begin at a multiple of its elements' size; bytes that do not are copied. */
function aligned(bytes: Buffer, unitBytes: number): Uint8Array<ArrayBuffer> {
  const fits = bytes.byteOffset % unitBytes === 0 && bytes.buffer instanceof ArrayBuffer;
  return fits ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length) : new Uint8Array(bytes);
}

/** PS3.5 §8.1.1 and annex D: the first pixel is the least significant bit. */
function unpackBits(packed: Uint8Array, sampleCount: number): Uint8Array {
  const values = new Uint8Array(sampleCount);
  for (let index = 0; index < sampleCount; index++) values[index] = ((packed[index >> 3] ?? 0) >> (index & 7)) & 1;
  return values;
}

function dropUnusedBits(
  values: Uint8Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>,
  { BitsAllocated, BitsStored, HighBit, PixelRepresentation }: Layout,
): Samples {
  const { buffer, byteOffset, length } = values;
  const above = BitsAllocated - 1 - HighBit;
  const signed = PixelRepresentation === 1;
  if (BitsStored === BitsAllocated || above < 0 || HighBit + 1 < BitsStored) {
    if (!signed) return values;
    if (values instanceof Uint8Array) return new Int8Array(buffer, byteOffset, length);
    if (values instanceof Uint16Array) return new Int16Array(buffer, byteOffset, length);
    return new Int32Array(buffer, byteOffset, length);
  }
  const Clean =
    BitsAllocated === 8
      ? signed ? Int8Array : Uint8Array
      : BitsAllocated === 16
        ? signed ? Int16Array : Uint16Array
        : signed ? Int32Array : Uint32Array; // prettier-ignore
  const clean = new Clean(length);
  const left = 32 - BitsAllocated + above;
  const right = 32 - BitsStored;
  for (let index = 0; index < length; index++) {
    const top = (values[index] ?? 0) << left;
    clean[index] = signed ? top >> right : top >>> right;
  }
  return clean;
}

/** 16-bit samples of little endian bytes. */
export function wordsOf(bytes: Uint8Array): Uint16Array<ArrayBuffer> {
  const own = new Uint8Array(bytes);
  return new Uint16Array(own.buffer, 0, own.length >> 1);
}

/**
 * Little endian bytes of the samples, widened to `BitsAllocated` (not fewer bits than they have) with their sign
 * extended.
 */
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

/** Whether every little endian sample of 8 or 16 bits fits into `bits`: as an unsigned number, or as a sign-extended one. */
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
