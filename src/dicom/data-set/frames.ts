import { TRANSFER_SYNTAXES } from '../../standard/transfer-syntaxes.js';
import { LedgerError } from '../../base/errors.js';
import { dataSetOf, elementOf } from './data-set.js';
import { encodingOf, swapped } from './encoding.js';
import { bitsAllocatedOf } from './frame-layout.js';
import type { FrameLayout, InstanceHeader } from './instance-header.js';
import { chunksOf, joined, type ReadableSource } from './read-range.js';
import { PIXEL_DATA } from './walk-data-set.js';

/** How a frame is wanted: as stored (`transfer-syntax=*`), or uncompressed in Explicit VR Little Endian. */
export type FrameRepresentation = 'stored' | 'explicit-little-endian';

export interface FrameBytes {
  bytes: Buffer;
  /**
   * That of `bytes`: an uncompressed frame in little endian counts as Explicit VR Little Endian, whatever the data set
   * is in.
   */
  transferSyntaxUID: string;
}

/** A frame as `FrameBytes` has it, in chunks. */
export interface FrameChunks extends Pick<FrameBytes, 'transferSyntaxUID'> {
  chunks: readonly Buffer[];
}

/** 0 for an instance without pixels. */
export function frameCount(frames: FrameLayout | undefined): number {
  if (frames === undefined) return 0;
  return frames.kind === 'native' ? frames.frameCount : frames.frames.length;
}

/**
 * Frame `number`, from 1, of which only its own bytes are read: a compressed one with its fragments joined, an
 * uncompressed one without the bits of its neighbours. Throws `not-found` beyond the last frame and `not-acceptable`
 * for a compressed frame in another representation.
 */
export async function frameBytes(
  source: ReadableSource,
  header: InstanceHeader,
  wanted: { number: number; as?: FrameRepresentation },
): Promise<FrameBytes> {
  const { chunks, transferSyntaxUID } = await frameChunks(source, header, wanted);
  return { bytes: joined(chunks), transferSyntaxUID };
}

/** The same as it lies there, in chunks that are not copied: nobody writes to them. */
export async function frameChunks(
  source: ReadableSource,
  header: InstanceHeader,
  { number, as = 'stored' }: { number: number; as?: FrameRepresentation },
): Promise<FrameChunks> {
  const { frames } = header;
  const count = frameCount(frames);
  if (frames === undefined || !Number.isInteger(number) || number < 1 || number > count)
    throw new LedgerError('not-found', `There is no frame ${number}; the instance has ${count} frames.`);
  if (as !== 'stored' && frames.kind === 'encapsulated')
    throw new LedgerError('not-acceptable', 'A compressed frame has to be decoded to be in Explicit VR Little Endian.');
  if (frames.kind === 'native') return nativeFrame(source, header, { frames, number, as });
  const fragments = frames.frames[number - 1]!;
  const byteCount = fragments.reduce((sum, [, length]) => sum + length, 0);
  // An announcement can name the same bytes a million times.
  if (byteCount > source.byteCount)
    throw new LedgerError('corrupt', `Frame ${number} is said to have ${byteCount} bytes of ${source.byteCount}.`);
  const chunks: Buffer[] = [];
  for (const [offset, byteCount] of fragments) chunks.push(...(await chunksOf(source, header, { offset, byteCount })));
  return { chunks, transferSyntaxUID: header.transferSyntaxUID };
}

/** How many bytes of pixel data are swapped together to change their byte order. */
export function pixelUnit(header: InstanceHeader): 1 | 2 | 4 | 8 {
  const dataSet = dataSetOf(header);
  const bits = bitsAllocatedOf(dataSet);
  if (elementOf(dataSet, 0x7fe00009)) return 8;
  if (elementOf(dataSet, 0x7fe00008) || bits === 32) return 4;
  if (bits === 64) return 8;
  // Eight bits in words of sixteen are swapped too (PS3.5 §8.1.1).
  return elementOf(dataSet, PIXEL_DATA)?.vr === 'OB' ? 1 : 2;
}

async function nativeFrame(
  source: ReadableSource,
  header: InstanceHeader,
  { frames, number, as }: { frames: Extract<FrameLayout, { kind: 'native' }>; number: number; as: FrameRepresentation },
): Promise<FrameChunks> {
  const bigEndian = encodingOf(header.transferSyntaxUID, header.dataSet).bigEndian;
  const unit = bigEndian && as === 'explicit-little-endian' ? pixelUnit(header) : 1;
  const firstBit = (number - 1) * frames.frameBits;
  const endBit = firstBit + frames.frameBits;
  const firstByte = Math.floor(firstBit / 8 / unit) * unit;
  const total = frames.offset + Math.ceil(endBit / 8 / unit) * unit;
  const byteCount = total - frames.offset - firstByte;
  // An odd last byte of words that were never filled up.
  const present = unit === 1 ? byteCount : Math.min(byteCount, nativeBytes(header) - firstByte);
  const stored = await chunksOf(source, header, { offset: frames.offset + firstByte, byteCount: present });
  const isWhole = unit === 1 && firstBit % 8 === 0 && frames.frameBits % 8 === 0;
  const turned = (): Buffer => (unit === 1 ? joined(stored) : swapped(joined(stored), unit));
  return {
    chunks: isWhole ? stored : [cutBits(turned(), { firstBit: firstBit - firstByte * 8, bitCount: frames.frameBits })],
    transferSyntaxUID:
      bigEndian && unit === 1 && as === 'stored'
        ? TRANSFER_SYNTAXES.ExplicitVRBigEndian.uid
        : TRANSFER_SYNTAXES.ExplicitVRLittleEndian.uid,
  };
}

function nativeBytes(header: InstanceHeader): number {
  return header.bulk.find(({ path }) => !path.includes('/') && path.startsWith('7FE0'))?.byteCount ?? Infinity;
}

/** Bits are filled from the lowest of each byte on (PS3.5 §8.1.1); those after the last one are 0. */
function cutBits(bytes: Buffer, { firstBit, bitCount }: { firstBit: number; bitCount: number }): Buffer {
  const skipped = Math.floor(firstBit / 8);
  const shift = firstBit % 8;
  const byteCount = Math.ceil(bitCount / 8);
  if (shift === 0 && bitCount % 8 === 0) return bytes.subarray(skipped, skipped + byteCount);
  const cut = Buffer.alloc(byteCount);
  for (let i = 0; i < byteCount; i++)
    cut[i] = ((bytes[skipped + i]! >> shift) | ((bytes[skipped + i + 1] ?? 0) << (8 - shift))) & 0xff;
  if (bitCount % 8 !== 0) cut[byteCount - 1]! &= (1 << (bitCount % 8)) - 1;
  return cut;
}
