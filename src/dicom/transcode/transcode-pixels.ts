import { isEncapsulated } from '../../standard/transfer-syntaxes.js';
import { LedgerError } from '../../base/errors.js';
import { asBuffer } from '../data-set/as-buffer.js';
import type { NativeFrame } from '../codec/native-frame.js';
import { dataSetOf, elementOf, textOf, type DataSet } from '../data-set/data-set.js';
import { explicitLittleEndian } from '../data-set/encoding.js';
import {
  elementHeader,
  ITEM,
  itemHeader,
  SEQUENCE_END,
  shortElement,
  textElement,
} from '../data-set/element-header.js';
import { frameCountOf } from '../data-set/frame-layout.js';
import { frameCount } from '../data-set/frames.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import type { Output, Stretch } from './write-part10.js';
import { describePixels } from '../codec/pixel-description.js';
import { PIXEL_DATA } from '../data-set/walk-data-set.js';

/** Gives frame `number`, from 1, in the new transfer syntax. */
export type ConvertFrame = (number: number) => Promise<NativeFrame>;

/** What takes the place of the Pixel Data of an object. */
export interface NewPixels {
  /** Whole elements of the Image Pixel Module (PS3.3 §C.7.6.3) whose values change. */
  elements: ReadonlyMap<number, Buffer>;
  /** The Pixel Data element. */
  value: Stretch[];
}

/** Explicit VR tells lengths in 32 bits, of which the highest number is the undefined length (PS3.5 §7.1.1). */
const MAX_VALUE_BYTES = 0xfffffffe;

const SHORTS = {
  SamplesPerPixel: 0x00280002,
  Rows: 0x00280010,
  Columns: 0x00280011,
  BitsAllocated: 0x00280100,
  BitsStored: 0x00280101,
  HighBit: 0x00280102,
  PixelRepresentation: 0x00280103,
} as const;
const PHOTOMETRIC_INTERPRETATION = 0x00280004;
const PLANAR_CONFIGURATION = 0x00280006;
const NUMBER_OF_FRAMES = 0x00280008;
const LOSSY_IMAGE_COMPRESSION = 0x00282110;
const LOSSY_IMAGE_COMPRESSION_RATIO = 0x00282112;
const LOSSY_IMAGE_COMPRESSION_METHOD = 0x00282114;

/**
 * The pixels of an instance in transfer syntax `to`. The first frame is made at once, because all others have to be
 * like it; they are made one after the other as they are read. Throws what `convert` throws, and `not-acceptable` for
 * more than 4 GiB in one value.
 */
export async function transcodePixels(
  header: InstanceHeader,
  { to, convert }: { to: string; convert: ConvertFrame },
): Promise<NewPixels> {
  const count = frameCount(header.frames);
  const first = await convert(1);
  const frames = framesAfter(first, { count, convert, sameLength: !isEncapsulated(to) });
  return {
    elements: changedElements(header, first, count),
    value: isEncapsulated(to) ? encapsulated(first, frames, count) : native(first, frames, count),
  };
}

/** All frames, of which the first is there already. Throws `corrupt` for a frame of another size, depth or colour space. */
function framesAfter(
  first: NativeFrame,
  { count, convert, sameLength }: { count: number; convert: ConvertFrame; sameLength: boolean },
): () => AsyncGenerator<Buffer> {
  const kindOf = (frame: NativeFrame): string =>
    [...Object.keys(SHORTS), 'PhotometricInterpretation'].map((key) => String(frame[key as keyof NativeFrame])).join();
  return async function* () {
    for (let number = 1; number <= count; number++) {
      const frame = number === 1 ? first : await convert(number);
      if (kindOf(frame) !== kindOf(first) || (sameLength && frame.bytes.length !== first.bytes.length))
        throw new LedgerError('corrupt', `Frame ${number} has another size, depth or colour space than frame 1.`);
      yield asBuffer(frame.bytes);
    }
  };
}

function native(first: NativeFrame, frames: () => AsyncIterable<Buffer>, count: number): Stretch[] {
  const bytes = first.bytes.length * count;
  const byteCount = bytes + (bytes % 2);
  if (byteCount > MAX_VALUE_BYTES)
    throw new LedgerError(
      'not-acceptable',
      `Uncompressed, the ${count} frames have ${bytes} bytes, and one value holds less than 4 GiB; ask for frames, or for transfer-syntax=*.`,
    );
  return [
    elementHeader(explicitLittleEndian, { tag: PIXEL_DATA, vr: first.BitsAllocated > 8 ? 'OW' : 'OB', byteCount }),
    { byteCount: bytes, open: frames },
    Buffer.alloc(bytes % 2),
  ];
}

/** One fragment for each frame after an empty Basic Offset Table (PS3.5 §A.4). */
function encapsulated(first: NativeFrame, frames: () => AsyncIterable<Buffer>, count: number): Stretch[] {
  const fragments: Output = {
    byteCount: count === 1 ? 8 + first.bytes.length + (first.bytes.length % 2) : undefined,
    open: async function* () {
      for await (const bytes of frames()) {
        const padding = bytes.length % 2;
        yield itemHeader(explicitLittleEndian, ITEM, bytes.length + padding);
        yield bytes;
        if (padding === 1) yield Buffer.alloc(1);
      }
    },
  };
  return [
    elementHeader(explicitLittleEndian, { tag: PIXEL_DATA, vr: 'OB', byteCount: undefined }),
    itemHeader(explicitLittleEndian, ITEM, 0),
    fragments,
    itemHeader(explicitLittleEndian, SEQUENCE_END, 0),
  ];
}

function changedElements(header: InstanceHeader, frame: NativeFrame, count: number): Map<number, Buffer> {
  const dataSet = dataSetOf(header);
  const before = describePixels(header, { frame: 1, bulk: {} });
  const changed = new Map<number, Buffer>();
  for (const [keyword, tag] of Object.entries(SHORTS) as [keyof typeof SHORTS, number][])
    if (before?.[keyword] !== frame[keyword]) changed.set(tag, shortElement(tag, frame[keyword]));
  if (before?.PhotometricInterpretation !== frame.PhotometricInterpretation)
    changed.set(
      PHOTOMETRIC_INTERPRETATION,
      textElement(PHOTOMETRIC_INTERPRETATION, { vr: 'CS', text: frame.PhotometricInterpretation }),
    );
  // Required of colour images only (PS3.3 §C.7.6.3.1.3); frames come by pixel.
  if (frame.SamplesPerPixel > 1 && (before?.PlanarConfiguration !== 0 || !elementOf(dataSet, PLANAR_CONFIGURATION)))
    changed.set(PLANAR_CONFIGURATION, shortElement(PLANAR_CONFIGURATION, 0));
  if (frameCountOf(dataSet) !== count)
    changed.set(NUMBER_OF_FRAMES, textElement(NUMBER_OF_FRAMES, { vr: 'IS', text: String(count) }));
  if (frame.lossyMethod !== undefined)
    for (const [tag, element] of lossyElements(dataSet, frame, frame.lossyMethod)) changed.set(tag, element);
  return changed;
}

/** What was lost, each time after what was lost before (PS3.3 §C.7.6.1.1.5). The ratio is that of the first frame. */
function lossyElements(dataSet: DataSet, frame: NativeFrame, method: string): [tag: number, element: Buffer][] {
  const { Rows, Columns, SamplesPerPixel, BitsAllocated, bytes } = frame;
  const ratio = (Rows * Columns * SamplesPerPixel * BitsAllocated) / 8 / bytes.length;
  const after = (tag: number, text: string): string => [textOf(dataSet, tag), text].filter(Boolean).join('\\');
  const ratios = after(LOSSY_IMAGE_COMPRESSION_RATIO, ratio.toFixed(2));
  const methods = after(LOSSY_IMAGE_COMPRESSION_METHOD, method);
  return [
    [LOSSY_IMAGE_COMPRESSION, textElement(LOSSY_IMAGE_COMPRESSION, { vr: 'CS', text: '01' })],
    [LOSSY_IMAGE_COMPRESSION_RATIO, textElement(LOSSY_IMAGE_COMPRESSION_RATIO, { vr: 'DS', text: ratios })],
    [LOSSY_IMAGE_COMPRESSION_METHOD, textElement(LOSSY_IMAGE_COMPRESSION_METHOD, { vr: 'CS', text: methods })],
  ];
}
