import type { ByteSource } from '../../base/byte-source.js';
import { traitsOf } from '../../standard/transfer-syntaxes.js';
import { bulkValue } from '../data-set/bulk-value.js';
import { frameBytes, frameCount } from '../data-set/frames.js';
import type { FrameLayout, InstanceHeader } from '../data-set/instance-header.js';
import { readOverlays } from './overlays.js';
import { collect } from '../data-set/read-range.js';
import { lutPaths } from '../codec/pixel-description.js';
import type { PictureTask } from './picture-worker.js';
import { MAX_PIXELS } from '../codec/native-frame.js';
import { canRender } from './render.js';

/** The largest frame has `MAX_PIXELS` of 16 bits; longer ones are not read. */
const MAX_FRAME_BYTES = 2 * MAX_PIXELS;
/** Entries of all look-up tables and palettes beside a picture. */
const MAX_LUT_BYTES = 1024 * 1024;

/** The middle one, from 1. */
function middleFrame(frames: FrameLayout): number {
  return Math.floor(frameCount(frames) / 2) + 1;
}

/** Reads what one picture needs. Undefined when there is no such frame, or it cannot be decoded anyway. */
export async function readPictureInput(
  header: InstanceHeader,
  source: ByteSource,
  { frame, output }: { frame: number | undefined; output: PictureTask['output'] },
): Promise<PictureTask | undefined> {
  const { frames, transferSyntaxUID, dataSet } = header;
  const isConversion = output !== 'preview' && 'transferSyntaxUID' in output;
  const isReadable = canRender(transferSyntaxUID) || (isConversion && traitsOf(transferSyntaxUID).nativeInFragments);
  if (frames === undefined || !isReadable) return undefined;
  const frameNumber = frame ?? middleFrame(frames);
  if (frameNumber < 1 || frameNumber > frameCount(frames)) return undefined;
  if (storedBytes(frames, frameNumber) > MAX_FRAME_BYTES) return undefined;
  return {
    header: { source: header.source, transferSyntaxUID, dataSet },
    frameNumber,
    frame: await readFrame(source, header, frameNumber),
    bulk: await readLuts(source, header),
    overlays: await readOverlays(header, source, { frameNumber }),
    output,
  };
}

/** Uncompressed ones in little endian; of an uploaded image the whole file. */
async function readFrame(source: ByteSource, header: InstanceHeader, number: number): Promise<PictureTask['frame']> {
  const { transferSyntaxUID, frames } = header;
  if (header.source !== 'part10') return { bytes: ownCopy(await source.read(0, source.byteCount)), transferSyntaxUID };
  const as = frames?.kind === 'native' ? 'explicit-little-endian' : 'stored';
  const frame = await frameBytes(source, header, { number, as });
  return { ...frame, bytes: ownCopy(frame.bytes) };
}

/** What was read may be part of a larger buffer that others read too; this can be handed over to a thread. */
function ownCopy(bytes: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

function storedBytes(frames: FrameLayout, frameNumber: number): number {
  if (frames.kind === 'native') return Math.ceil(frames.frameBits / 8);
  return (frames.frames[frameNumber - 1] ?? []).reduce((sum, [, byteCount]) => sum + byteCount, 0);
}

async function readLuts(source: ByteSource, header: InstanceHeader): Promise<Record<string, Uint8Array>> {
  const bulk: Record<string, Uint8Array> = {};
  let total = 0;
  for (const path of lutPaths(header)) {
    const value = await bulkValue(source, header, path);
    total += value.byteCount;
    if (total > MAX_LUT_BYTES) break;
    bulk[path] = await collect(value.open());
  }
  return bulk;
}
