import sharp from 'sharp';
import { encodeAnimation } from './animation.js';
import { asBuffer } from '../data-set/as-buffer.js';
import { LedgerError, type ErrorCode } from '../../base/errors.js';
import type { NativeFrame } from '../codec/native-frame.js';
import { convertFrame, type FrameLayoutName } from '../codec/convert-frame.js';
import { hasTrapped } from '../codec/has-trapped.js';
import { encodePicture, pixelsInViewport, type PictureOutput } from './encode-picture.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import { decodableFrame } from './decodable-frame.js';
import { describePixels, type PixelDescription } from '../codec/pixel-description.js';
import type { Overlay } from './overlays.js';
import { encodePreview } from './encode-preview.js';
import { renderFrame } from './render.js';
import type { Rendering } from '../../standard/rendering.js';
import type { Picture } from './picture.js';

/** One picture to make. Crosses the thread boundary, where every Buffer becomes a Uint8Array. */
export interface PictureTask {
  header: Pick<InstanceHeader, 'source' | 'transferSyntaxUID'> & { dataSet: Uint8Array };
  /** From 1. */
  frameNumber: number;
  /** As stored; of an uploaded image its whole file. */
  frame: { bytes: Uint8Array<ArrayBuffer>; transferSyntaxUID: string };
  /** Values left out of the header that the description needs, by path. */
  bulk: Record<string, Uint8Array>;
  overlays: readonly Overlay[];
  /** A picture to look at with lines written over it, its pixels for an animation, or the frame in another transfer syntax. */
  output: 'preview' | PictureOutput | { pixels: Rendering } | { transferSyntaxUID: string; layout: FrameLayoutName };
}

/** Pictures of one size to become an animated GIF. */
export interface AnimationTask {
  pictures: readonly Picture[];
  delaysMs: readonly number[];
}

/** What comes back: errors as values, because a thread boundary leaves only their message. */
export type PictureResult =
  /** `isAnnotated` is false when the lines could not be written. */
  | { kind: 'picture'; bytes: Uint8Array; isAnnotated: boolean }
  | { kind: 'pixels'; picture: Picture }
  | { kind: 'frame'; frame: NativeFrame }
  | { kind: 'none' }
  | { kind: 'refused'; code: ErrorCode; message: string };

sharp.concurrency(1);
sharp.cache(false);

/** `none` when there is no picture to be had from this object. */
export default async function makePicture(task: PictureTask | AnimationTask): Promise<PictureResult> {
  try {
    if ('pictures' in task)
      return { kind: 'picture', bytes: await encodeAnimation(task.pictures, task.delaysMs), isAnnotated: true };
    const header = { ...task.header, dataSet: asBuffer(task.header.dataSet) };
    const description = describePixels(header, { frame: task.frameNumber, bulk: task.bulk });
    if (description === undefined) return { kind: 'none' };
    return await make(task, description);
  } catch (error) {
    // A codec that broke off is thrown away with its thread: the pool starts another.
    if (hasTrapped(error)) process.exit(1);
    if (!(error instanceof LedgerError)) throw error;
    return { kind: 'refused', code: error.code, message: error.message };
  }
}

async function make(task: PictureTask, description: PixelDescription): Promise<PictureResult> {
  const frame = await decodableFrame(task.header, task.frame);
  const { output } = task;
  if (output !== 'preview' && 'transferSyntaxUID' in output)
    return {
      kind: 'frame',
      frame: await convertFrame(frame, description, { to: output.transferSyntaxUID, layout: output.layout }),
    };
  const { overlays } = task;
  const rendering = output === 'preview' ? {} : 'pixels' in output ? output.pixels : output.rendering;
  const { window } = rendering;
  const picture = await renderFrame(frame, description, { overlays, ...(window && { window }) });
  if (picture === undefined) return { kind: 'none' };
  if (output === 'preview') return { kind: 'picture', bytes: await encodePreview(picture), isAnnotated: true };
  if ('pixels' in output) return { kind: 'pixels', picture: await pixelsInViewport(picture, rendering) };
  return { kind: 'picture', ...(await encodePicture(picture, { ...output, icc: description.iccProfile })) };
}
