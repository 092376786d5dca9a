import { TRANSFER_SYNTAXES, isEncapsulated, DECODABLE, traitsOf } from '../../standard/transfer-syntaxes.js';
import type { ByteSource } from '../../base/byte-source.js';
import { LedgerError } from '../../base/errors.js';
import { identify } from '../data-set/attributes.js';
import { canEncode } from '../codec/encode-frame.js';
import { encodingOf, swapped } from '../data-set/encoding.js';
import { writeFileMeta } from './write-file-meta.js';
import { frameCount } from '../data-set/frames.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import { createInstanceWindow } from '../data-set/instance-window.js';
import { stretchBytes, type Output, type Stretch, writePart10 } from './write-part10.js';
import { CHUNK_BYTES, collect, readRange } from '../data-set/read-range.js';
import { fileFaults } from './file-faults.js';
import { transcodeElements } from './transcode-elements.js';
import { transcodePixels, type ConvertFrame } from './transcode-pixels.js';
import type { ByteWindow } from '../data-set/byte-window.js';
const PIXEL_DATA_PATH = '7FE00010';
const SEQUENCE_END = Buffer.from([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);

/** What is asked of a conversion, and what is known of the object. */
export interface Conversion {
  from: string;
  to: string;
  /** 0 when it is not known. */
  BitsAllocated: number;
  SamplesPerPixel: number;
}

/** Whether objects of that kind can be given in transfer syntax `to`. */
export function canTranscode({ from, to, BitsAllocated, SamplesPerPixel }: Conversion): boolean {
  if (to === from) return true;
  if (isEncapsulated(from) && !DECODABLE.has(from) && !traitsOf(from).nativeInFragments) return false;
  if (to === TRANSFER_SYNTAXES.ExplicitVRLittleEndian.uid) return true;
  return canEncode({ BitsAllocated, SamplesPerPixel }, to);
}

/**
 * The instance as a Part 10 file in transfer syntax `to`, in bounded memory. Values, their order, groups and private
 * elements are kept, and of the Image Pixel Module what the new pixels leave true; sequences get undefined length, the
 * preamble is zeros. One that is in it already comes as it is stored, with a preamble if it has none, without a second File
 * Meta in its data set and without zeros after its end;
 * in Explicit VR Little Endian it is written anew if something in it is where it must not be. An uploaded image (`source` = what its header's
 * positions are about) becomes the object that it is shown as. `convert` gives the frames where they have to be decoded
 * or encoded; one that it cannot give ends the bytes with its error. Throws `not-acceptable` for what cannot be
 * converted though `canTranscode` is true: compressed pixels that cannot be told apart into frames, other values in fragments.
 */
export async function transcodePart10(
  source: ByteSource,
  header: InstanceHeader,
  { to, convert }: { to: string; convert: ConvertFrame },
): Promise<Output> {
  const from = header.transferSyntaxUID;
  const whole = { offset: 0, byteCount: source.byteCount };
  if (to === from && header.source !== 'part10')
    return writePart10(header, {
      kind: isEncapsulated(from) ? 'encapsulated' : 'native',
      byteCount: source.byteCount,
      open: () => readRange(source, header, whole),
    });
  if (to === from) {
    const { before, secondFileMetaBytes, byteCount, isInItem } = await fileFaults(source, header);
    const isAsDeclared = encodingOf(from, header.dataSet).explicit === traitsOf(from).explicitVR;
    const mayBeRewritten = from === TRANSFER_SYNTAXES.ExplicitVRLittleEndian.uid;
    if (!mayBeRewritten || (isAsDeclared && !isInItem))
      return {
        byteCount: before.length + byteCount - secondFileMetaBytes,
        open: async function* () {
          if (before.length > 0) yield before;
          const dataSet = header.dataSetOffset;
          yield* storedBytes(source, { from: 0, to: secondFileMetaBytes === 0 ? byteCount : dataSet });
          if (secondFileMetaBytes > 0)
            yield* storedBytes(source, { from: dataSet + secondFileMetaBytes, to: byteCount });
        },
      };
  }
  const isNewlyCoded = isEncapsulated(to) || (isEncapsulated(from) && hasPixels(header));
  await requireConvertible(source, header, isNewlyCoded);
  const pixels = isNewlyCoded ? await transcodePixels(header, { to, convert }) : undefined;
  const { SOPClassUID, SOPInstanceUID } = identify(header);
  const stretches = [
    writeFileMeta({ SOPClassUID, SOPInstanceUID, transferSyntaxUID: to }, header.fileMeta),
    ...transcodeElements(header, pixels),
  ];
  return {
    byteCount: stretchBytes(stretches),
    open: () => openStretches(source, header, stretches),
  };
}

/** Those of the file itself, whatever its data set inflates to. */
async function* storedBytes(source: ByteSource, { from, to }: { from: number; to: number }): AsyncGenerator<Buffer> {
  for (let at = from; at < to; at += CHUNK_BYTES) yield source.read(at, Math.min(CHUNK_BYTES, to - at));
}

/**
 * The data set alone in Explicit VR Little Endian, native, every sequence and item of undefined length: alike for all ways of writing it.
 * Throws as `transcodePart10`.
 */
export async function openExplicitDataSet(
  source: ByteSource,
  header: InstanceHeader,
  { convert }: { convert: ConvertFrame },
): Promise<AsyncGenerator<Buffer>> {
  const to = TRANSFER_SYNTAXES.ExplicitVRLittleEndian.uid;
  const isNewlyCoded = isEncapsulated(header.transferSyntaxUID) && hasPixels(header);
  await requireConvertible(source, header, isNewlyCoded);
  const pixels = isNewlyCoded ? await transcodePixels(header, { to, convert }) : undefined;
  return openStretches(source, header, [...transcodeElements(header, pixels)]);
}

async function* openStretches(
  source: ByteSource,
  { transferSyntaxUID, dataSetOffset }: InstanceHeader,
  stretches: readonly Stretch[],
): AsyncGenerator<Buffer> {
  const { window } = createInstanceWindow(source, { TransferSyntaxUID: transferSyntaxUID, dataSetOffset }, {});
  try {
    yield* joined(window, stretches);
  } finally {
    await window.close();
  }
}

function hasPixels(header: InstanceHeader): boolean {
  return header.bulk.some(({ path }) => path === PIXEL_DATA_PATH);
}

async function requireConvertible(source: ByteSource, header: InstanceHeader, isNewlyCoded: boolean): Promise<void> {
  const { transferSyntaxUID: from, frames } = header;
  const refuse = (what: string): never => {
    throw new LedgerError('not-acceptable', `${what}, and is not converted; ask for transfer-syntax=*.`);
  };
  if (isNewlyCoded && frameCount(frames) === 0) refuse('The pixel data cannot be told apart into frames');
  if (!isEncapsulated(from) && frames?.kind === 'encapsulated')
    refuse(`The pixel data is in fragments, which transfer syntax ${from} does not know`);
  if (traitsOf(from).deflated || header.source !== 'part10') return;
  for (const { path, vr, offset, byteCount } of header.bulk) {
    if ((path === PIXEL_DATA_PATH && frames) || !['OB', 'OW'].includes(vr)) continue;
    const end = { offset: offset + byteCount - SEQUENCE_END.length, byteCount: SEQUENCE_END.length };
    if (byteCount >= SEQUENCE_END.length && SEQUENCE_END.equals(await collect(readRange(source, header, end))))
      refuse(`The value ${path} is in fragments`);
  }
}

/** Small stretches are sent together; long values are copied a chunk at a time. */
async function* joined(window: ByteWindow, stretches: readonly Stretch[]): AsyncGenerator<Buffer> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  for (const stretch of stretches) {
    if (Buffer.isBuffer(stretch)) {
      pending.push(stretch);
      pendingBytes += stretch.length;
      if (pendingBytes < CHUNK_BYTES) continue;
    }
    if (pendingBytes > 0) yield Buffer.concat(pending);
    pending = [];
    pendingBytes = 0;
    if (Buffer.isBuffer(stretch)) continue;
    if ('open' in stretch) {
      yield* stretch.open();
      continue;
    }
    for (let at = 0; at < stretch.byteCount; at += CHUNK_BYTES) {
      const byteCount = Math.min(CHUNK_BYTES, stretch.byteCount - at);
      const offset = stretch.offset + at;
      if (!window.has(offset, byteCount) && !(await window.fill(offset, byteCount)))
        throw new LedgerError('corrupt', `The instance ends before byte ${offset + byteCount}.`);
      yield stretch.unit === 1
        ? window.bytes(offset, byteCount)
        : swapped(window.bytes(offset, byteCount), stretch.unit);
    }
  }
  if (pendingBytes > 0) yield Buffer.concat(pending);
}
