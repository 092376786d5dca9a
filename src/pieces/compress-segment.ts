import { constants, deflateRaw, inflateRawSync, type ZlibOptions } from 'node:zlib';
import { promisify } from 'node:util';
import { LedgerError } from '../base/errors.js';

const deflate = promisify<Buffer, ZlibOptions, Buffer>(deflateRaw);

/** How one segment lies in a compressed body. */
export const METHOD = {
  plain: 0,
  /** Raw deflate (RFC 1951). */
  deflated: 1,
  /**
   * Raw deflate of 16-bit little-endian samples: each as its difference to the one before, zigzag (0, -1, 1, -2 … are 0, 1, 2, 3 …),
   * all low bytes before all high bytes; an odd last byte follows as it is.
   */
  samples: 2,
} as const;
export type Method = (typeof METHOD)[keyof typeof METHOD];

/** A level above costs three times the time and gains 2 %; on differences runs are all there is to find. */
const OPTIONS = { [METHOD.deflated]: { level: 6 }, [METHOD.samples]: { level: 6, strategy: constants.Z_RLE } };

/** One segment, compressed. Other versions of zlib may give other bytes; all of them give the same segment back. */
export async function compressSegment(segment: Buffer, as: Method): Promise<Buffer> {
  if (as === METHOD.plain) return segment;
  return deflate(as === METHOD.samples ? toDifferences(segment) : segment, OPTIONS[as]);
}

/** The reverse: exactly the bytes that fill `target`. Throws `corrupt` for anything else, and never takes more memory for it. */
export function decompressSegment(compressed: Buffer, as: number, target: Buffer): void {
  const bytes = as === METHOD.plain ? compressed : inflate(compressed, target.length);
  if (bytes.length !== target.length || !isMethod(as))
    throw new LedgerError(
      'corrupt',
      `A packed block (way ${as}) has ${bytes.length} bytes when unpacked instead of ${target.length}.`,
    );
  if (as === METHOD.samples) toSamples(bytes, target);
  else bytes.copy(target);
}

function isMethod(number: number): number is Method {
  return number === METHOD.plain || number === METHOD.deflated || number === METHOD.samples;
}

function inflate(compressed: Buffer, byteCount: number): Buffer {
  try {
    // In one piece: a chunk that is full is joined to another.
    const chunkSize = byteCount + constants.Z_MIN_CHUNK;
    return inflateRawSync(compressed, { maxOutputLength: Math.max(1, byteCount), chunkSize });
  } catch (cause) {
    throw new LedgerError('corrupt', `A packed block of ${compressed.length} bytes cannot be unpacked.`, { cause });
  }
}

function toDifferences(bytes: Buffer): Buffer {
  const samples = bytes.length >> 1;
  const planes = Buffer.allocUnsafe(bytes.length);
  let before = 0;
  for (let i = 0; i < samples; i++) {
    const sample = bytes[2 * i]! | (bytes[2 * i + 1]! << 8);
    const difference = ((sample - before) << 16) >> 16;
    const zigzag = (difference << 1) ^ (difference >> 31);
    planes[i] = zigzag;
    planes[samples + i] = zigzag >> 8;
    before = sample;
  }
  if (bytes.length % 2 === 1) planes[bytes.length - 1] = bytes[bytes.length - 1]!;
  return planes;
}

function toSamples(planes: Buffer, bytes: Buffer): void {
  const samples = planes.length >> 1;
  let sample = 0;
  for (let i = 0; i < samples; i++) {
    const zigzag = planes[i]! | (planes[samples + i]! << 8);
    sample += (zigzag >> 1) ^ -(zigzag & 1);
    bytes[2 * i] = sample;
    bytes[2 * i + 1] = sample >> 8;
  }
  if (planes.length % 2 === 1) bytes[planes.length - 1] = planes[planes.length - 1]!;
}
