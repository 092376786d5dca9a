import type { ByteSource } from '../../base/byte-source.js';
import { dataSetOf, elementOf, signedWordOf, textOf, wordOf, type DataSet } from '../data-set/data-set.js';
import { encodingOf, swapped } from '../data-set/encoding.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import { collect, readRange } from '../data-set/read-range.js';

/** One plane of graphics over a frame (PS3.3 §C.9.2). */
export interface Overlay {
  Rows: number;
  Columns: number;
  /** Of its first pixel on the frame, from 0; may be negative. */
  top: number;
  left: number;
  /** Packed, the first pixel lowest; undefined where the bits lie in the pixel data. */
  bits?: Uint8Array;
  /** Of the first pixel in `bits`. */
  firstBit: number;
  /** Of a bit in each word of the pixel data (retired, PS3.5-2004 §8.1.2). */
  bitPosition?: number;
}

/** A plane of `MAX_PIXELS`. */
const MAX_PLANE_BYTES = 2 ** 23;

/**
 * The planes of type Graphics that lie over frame `frameNumber` (from 1), in the order of their groups. Planes without
 * size or bits are left out, and so are regions of interest, which are no drawing.
 */
export async function readOverlays(
  header: InstanceHeader,
  source: ByteSource,
  { frameNumber }: { frameNumber: number },
): Promise<Overlay[]> {
  const dataSet = readable(header);
  if (dataSet === undefined) return [];
  const overlays: Overlay[] = [];
  for (let group = 0x6000; group <= 0x601e; group += 2) {
    const overlay = await readOverlay({ header, source, dataSet }, group, frameNumber);
    if (overlay) overlays.push(overlay);
  }
  return overlays;
}

function readable(header: InstanceHeader): DataSet | undefined {
  try {
    return dataSetOf(header);
  } catch {
    return undefined;
  }
}

async function readOverlay(
  { header, source, dataSet }: { header: InstanceHeader; source: ByteSource; dataSet: DataSet },
  group: number,
  frameNumber: number,
): Promise<Overlay | undefined> {
  const word = (element: number) => wordOf(dataSet, group * 0x10000 + element);
  const signedWord = (element: number, index: number) => signedWordOf(dataSet, group * 0x10000 + element, index);
  const text = (element: number) => textOf(dataSet, group * 0x10000 + element);
  const Rows = word(0x0010) ?? 0;
  const Columns = word(0x0011) ?? 0;
  if (Rows === 0 || Columns === 0 || text(0x0040) === 'R') return undefined;
  const plane = { Rows, Columns, top: (signedWord(0x0050, 0) ?? 1) - 1, left: (signedWord(0x0050, 1) ?? 1) - 1 };
  const data = await planeBits({ header, source, dataSet }, group, {
    bitCount: Rows * Columns,
    index: frameIndex({ count: Number(text(0x0015)), origin: word(0x0051) }, frameNumber),
  });
  if (data) return { ...plane, ...data };
  const bitsAllocated = word(0x0100) ?? 1;
  const bitPosition = word(0x0102);
  const isEmbedded = bitsAllocated > 1 && bitPosition !== undefined && bitPosition < bitsAllocated;
  return isEmbedded ? { ...plane, firstBit: 0, bitPosition } : undefined;
}

/** Which frame of the overlay lies over a frame of the image; undefined for none. A single one lies over all (PS3.3 §C.9.2.1.4). */
function frameIndex(
  { count, origin }: { count: number; origin: number | undefined },
  frameNumber: number,
): number | undefined {
  if (!(count >= 1) || (count === 1 && origin === undefined)) return 0;
  const index = frameNumber - (origin ?? 1);
  return index >= 0 && index < count ? index : undefined;
}

async function planeBits(
  { header, source, dataSet }: { header: InstanceHeader; source: ByteSource; dataSet: DataSet },
  group: number,
  { bitCount, index }: { bitCount: number; index: number | undefined },
): Promise<{ bits: Uint8Array; firstBit: number } | undefined> {
  if (index === undefined) return undefined;
  const tag = group * 0x10000 + 0x3000;
  const path = tag.toString(16).toUpperCase();
  const leftOut = header.bulk.find((value) => value.path === path);
  const element = elementOf(dataSet, tag);
  const byteCount = leftOut?.byteCount ?? element?.value.length ?? 0;
  const firstBit = index * bitCount;
  // Whole words, so that they can be turned.
  const from = Math.floor(firstBit / 16) * 2;
  const to = Math.min(Math.ceil((firstBit + bitCount) / 16) * 2, byteCount);
  if (to * 8 < firstBit + bitCount || to - from > MAX_PLANE_BYTES) return undefined;
  const bytes = leftOut
    ? await collect(readRange(source, header, { offset: leftOut.offset + from, byteCount: to - from }))
    : element?.value.subarray(from, to);
  if (!bytes) return undefined;
  const { bigEndian } = encodingOf(header.transferSyntaxUID, header.dataSet);
  const inWords = bigEndian && (leftOut?.vr ?? element?.vr) !== 'OB';
  return { bits: inWords ? swapped(bytes, 2) : bytes, firstBit: firstBit - from * 8 };
}
