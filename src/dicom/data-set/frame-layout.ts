import { TRANSFER_SYNTAXES, isVideo } from '../../standard/transfer-syntaxes.js';
import type { ByteSource } from '../../base/byte-source.js';
import { textOf, wordOf, type DataSet } from './data-set.js';
import type { Fragment, FrameLayout } from './instance-header.js';

/** Where a walk found the pixel data of the object itself (not of an icon). */
export type PixelValue =
  | { kind: 'native'; tag: number; offset: number; byteCount: number }
  | { kind: 'encapsulated'; offsetTable: Fragment; fragments: Fragment[] };

/** A value whose bytes are read in parts: an Extended Offset Table (PS3.5 §A.4). */
export interface OffsetTable {
  offset: number;
  byteCount: number;
}

interface Layout {
  frames: FrameLayout | undefined;
  warnings: string[];
}

/** Frames of uncompressed pixel data by the Image Pixel Module (PS3.3 §C.7.6.3). */
export function nativeFrameLayout(dataSet: DataSet, pixels: Extract<PixelValue, { kind: 'native' }>): Layout {
  const bitsAllocated =
    wordOf(dataSet, 0x00280100) ?? (pixels.tag === 0x7fe00009 ? 64 : pixels.tag === 0x7fe00008 ? 32 : 0);
  const pixelCount = (wordOf(dataSet, 0x00280010) ?? 0) * (wordOf(dataSet, 0x00280011) ?? 0);
  const samples = wordOf(dataSet, 0x00280002) ?? 1;
  const photometric = textOf(dataSet, 0x00280004);
  const declared = frameCountOf(dataSet);
  const fullBits = pixelCount * samples * bitsAllocated;
  // Two chroma samples for each two pixels (PS3.3 §C.7.6.3.1.2), unless the length proves that there is one for each.
  const fullBytes = Math.ceil((fullBits * declared) / 8);
  const isShared = /^YBR_(FULL|PARTIAL)_422$/.test(photometric) && !isPadded(pixels.byteCount, fullBytes);
  const frameBits = isShared ? pixelCount * 2 * bitsAllocated : fullBits;
  if (frameBits === 0)
    return { frames: undefined, warnings: ['Rows, Columns or Bits Allocated are missing: no frame can be shown.'] };
  const frameCount = Math.min(declared, Math.floor((pixels.byteCount * 8) / frameBits));
  const warnings =
    frameCount < declared ? [`The pixel data holds ${frameCount} of the ${declared} frames that are declared.`] : [];
  return frameCount === 0
    ? { frames: undefined, warnings }
    : { frames: { kind: 'native', offset: pixels.offset, frameBits, frameCount }, warnings };
}

/** So many bytes, made even where they are odd (PS3.5 §8.1.1). */
function isPadded(byteCount: number, wanted: number): boolean {
  return byteCount === wanted || byteCount === wanted + (wanted % 2);
}

/**
 * Assigns fragments to frames, and passes over empty ones: by their number where that leaves no choice, else by the Extended or Basic Offset Table,
 * else by the end marker that JPEG, JPEG-LS and JPEG 2000 share (PS3.5 §A.4).
 */
export async function encapsulatedFrameLayout(
  source: ByteSource,
  parameters: {
    dataSet: DataSet;
    transferSyntaxUID: string;
    pixels: Extract<PixelValue, { kind: 'encapsulated' }>;
    extendedOffsetTable: OffsetTable | undefined;
  },
): Promise<Layout> {
  const { dataSet, transferSyntaxUID, pixels, extendedOffsetTable } = parameters;
  const fragments = pixels.fragments.filter(([, byteCount]) => byteCount > 0);
  const frameCount = frameCountOf(dataSet);
  const layout = (frames: readonly (readonly Fragment[])[], ...warnings: string[]): Layout => ({
    frames: { kind: 'encapsulated', frames },
    warnings,
  });
  const oneEach = (all: readonly Fragment[]) => all.map((fragment) => [fragment]);
  if (fragments.length === 0) return { frames: undefined, warnings: ['The pixel data has no fragments.'] };
  if (frameCount === 1 || isVideo(transferSyntaxUID)) return layout([fragments]);
  if (fragments.length === frameCount) return layout(oneEach(fragments));
  // Then an empty one is a frame that is missing.
  if (pixels.fragments.length === frameCount) return layout(oneEach(pixels.fragments));
  if (fragments.length < frameCount)
    return layout(
      oneEach(fragments),
      `The pixel data holds ${fragments.length} of the ${frameCount} frames that are declared.`,
    );
  const extended = extendedOffsetTable && (await readOffsets(source, extendedOffsetTable, 8));
  const basic = await readOffsets(source, { offset: pixels.offsetTable[0], byteCount: pixels.offsetTable[1] }, 4);
  for (const offsets of [extended, basic]) {
    const frames = offsets?.length === frameCount ? byOffsets(pixels.fragments, offsets) : undefined;
    if (frames) return layout(frames);
  }
  if (transferSyntaxUID === TRANSFER_SYNTAXES.RLELossless.uid)
    return layout(
      oneEach(fragments.slice(0, frameCount)),
      `The pixel data has ${fragments.length} fragments for ${frameCount} frames of one fragment each.`,
    );
  const marked = await byEndMarker(source, fragments);
  if (marked.length === frameCount) return layout(marked);
  return {
    frames: undefined,
    warnings: [
      `${fragments.length} fragments cannot be assigned to ${frameCount} frames: no offset table and no end markers fit.`,
    ],
  };
}

/** Undefined when the offsets are not those of as many fragments, or a frame would have no bytes. */
function byOffsets(fragments: readonly Fragment[], offsets: readonly number[]): Fragment[][] | undefined {
  const first = fragments[0]![0];
  const starts = new Set(offsets);
  if (starts.size !== offsets.length) return undefined;
  const frames: Fragment[][] = [];
  for (const fragment of fragments) {
    if (starts.has(fragment[0] - first)) frames.push([]);
    if (fragment[1] === 0) continue;
    if (frames.length === 0) return undefined;
    frames[frames.length - 1]!.push(fragment);
  }
  return frames.length === offsets.length && frames.every((frame) => frame.length > 0) ? frames : undefined;
}

async function byEndMarker(source: ByteSource, fragments: readonly Fragment[]): Promise<Fragment[][]> {
  const frames: Fragment[][] = [];
  let ended = true;
  for (const fragment of fragments) {
    if (ended) frames.push([]);
    frames[frames.length - 1]!.push(fragment);
    const tailBytes = Math.min(8, fragment[1]);
    const tail = await source.read(fragment[0] + fragment[1] - tailBytes, tailBytes);
    const end = tail.lastIndexOf(Buffer.from([0xff, 0xd9]));
    ended = end >= 0 && tail.subarray(end + 2).every((byte) => byte === 0 || byte === 0xff);
  }
  return frames;
}

async function readOffsets(source: ByteSource, table: OffsetTable, width: 4 | 8): Promise<number[]> {
  const offsets: number[] = [];
  const partBytes = 32_768;
  for (let at = 0; at + width <= table.byteCount; at += partBytes) {
    const part = await source.read(table.offset + at, Math.min(partBytes, table.byteCount - at));
    for (let i = 0; i + width <= part.length; i += width)
      offsets.push(width === 4 ? part.readUInt32LE(i) : Number(part.readBigUInt64LE(i)));
  }
  return offsets;
}

/** Number of Frames (0028,0008); 1 where it is missing or no positive whole number. */
export function frameCountOf(dataSet: DataSet): number {
  const count = Number(textOf(dataSet, 0x00280008));
  return Number.isSafeInteger(count) && count > 0 ? count : 1;
}

/** Bits Allocated (0028,0100), 0 where it is missing. */
export function bitsAllocatedOf(dataSet: DataSet): number {
  return wordOf(dataSet, 0x00280100) ?? 0;
}
