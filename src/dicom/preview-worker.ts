import sharp from 'sharp';
import { isEncapsulated } from './encoding.js';
import type { InstanceHeader } from './header.js';
import { nativePixels } from './native-pixels.js';
import { describePixels } from './pixel-description.js';
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
  output: 'preview' | 'image/jpeg' | 'image/png';
}

const renderedQuality = 90;

sharp.concurrency(1);
sharp.cache(false);

/** The picture's bytes; undefined when there is none to be had from this object. */
export default async function makePicture(task: PictureTask): Promise<Uint8Array | undefined> {
  const header = { ...task.header, dataSet: asBuffer(task.header.dataSet) };
  const description = describePixels(header, { frame: task.frameNumber, bulk: task.bulk });
  if (description === undefined) return undefined;
  const stored = asBuffer(task.frame.bytes);
  const isImageFile = header.source !== 'part10' && !isEncapsulated(header.transferSyntaxUID);
  const bytes = isImageFile ? await nativePixels(stored, header.source) : stored;
  const picture = await renderFrame({ ...task.frame, bytes }, description);
  if (picture === undefined) return undefined;
  if (task.output === 'preview') return encodePreview(picture);
  return task.output === 'image/png' ? encodePng(picture) : encodeJpeg(picture, renderedQuality);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
