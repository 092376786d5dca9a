import sharp from 'sharp';
import { LedgerError, type ErrorCode } from '../errors.js';
import type { NativeFrame } from './codec/native-frame.js';
import { convertFrame } from './codec/convert-frame.js';
import { isEncapsulated } from './encoding.js';
import type { InstanceHeader } from './header.js';
import { nativePixels } from './native-pixels.js';
import { describePixels, type PixelDescription } from './pixel-description.js';
import { encodeJpeg, encodePng, encodePreview } from './preview-jpeg.js';
import { renderFrame } from './render.js';

/** One picture to make. Crosses the thread boundary, where every Buffer becomes a Uint8Array. */
export interface PictureTask {
  header: Pick<InstanceHeader, 'source' | 'transferSyntaxUID'> & { dataSet: Uint8Array };
  /** From 1. */
  frameNumber: number;
  /** As stored; of an uploaded image its whole file. */
  frame: { bytes: Uint8Array; transferSyntaxUID: string };
  /** Values left out of the header that the description needs, by path. */
  bulk: Record<string, Uint8Array>;
  /** A picture to look at, or the frame in another transfer syntax. */
  output: 'preview' | 'image/jpeg' | 'image/png' | { transferSyntaxUID: string };
}

/** What comes back: errors as values, because a thread boundary leaves only their message. */
export type PictureResult =
  | { kind: 'picture'; bytes: Uint8Array }
  | { kind: 'frame'; frame: NativeFrame }
  | { kind: 'none' }
  | { kind: 'refused'; code: ErrorCode; message: string };

const renderedQuality = 90;

sharp.concurrency(1);
sharp.cache(false);

/** `none` when there is no picture to be had from this object. */
export default async function makePicture(task: PictureTask): Promise<PictureResult> {
  try {
    const header = { ...task.header, dataSet: asBuffer(task.header.dataSet) };
    const description = describePixels(header, { frame: task.frameNumber, bulk: task.bulk });
    if (description === undefined) return { kind: 'none' };
    return await make(task, description);
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    return { kind: 'refused', code: error.code, message: error.message };
  }
}

async function make(task: PictureTask, description: PixelDescription): Promise<PictureResult> {
  const { source, transferSyntaxUID } = task.header;
  const stored = asBuffer(task.frame.bytes);
  const isImageFile = source !== 'part10' && !isEncapsulated(transferSyntaxUID);
  const bytes = isImageFile ? await nativePixels(stored, source) : stored;
  const frame = { ...task.frame, bytes };
  if (typeof task.output === 'object') {
    return { kind: 'frame', frame: await convertFrame(frame, description, task.output.transferSyntaxUID) };
  }
  const picture = await renderFrame(frame, description);
  if (picture === undefined) return { kind: 'none' };
  if (task.output === 'preview') return { kind: 'picture', bytes: await encodePreview(picture) };
  const encoded = task.output === 'image/png' ? encodePng(picture) : encodeJpeg(picture, renderedQuality);
  return { kind: 'picture', bytes: await encoded };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
