import { createHash, randomBytes, randomFillSync } from 'node:crypto';
import { open } from 'node:fs/promises';
import sharp from 'sharp';
import { item } from '../item.js';
import { type InstanceUids, part10Head, type Part10HeadOptions } from '../part10-head.js';

const JPEG_BASELINE = '1.2.840.10008.1.2.4.50';

/** Noise, which no codec makes smaller, or a picture with the noise of a scanner: 16 bits of which it needs about 6. */
export type PixelData = 'noise' | 'picture';

/** A square frame of so many rows and columns. */
export interface FrameOptions {
  size: number;
  data: PixelData;
}

/** A large object in a file, and what tells whether it comes back as it was. */
export interface LargeObject extends InstanceUids {
  file: string;
  frameCount: number;
  byteCount: number;
  sha256: string;
  /** Of each frame, by its number from 1. */
  digests: string[];
}

/** Slices of one series, each made when its turn comes. */
export interface SliceSource {
  study: string;
  series: string;
  count: number;
  byteCount: number;
  uid(i: number): string;
  bytes(i: number): Buffer;
}

/** A file to upload. */
export interface ImageFile {
  type: string;
  name: string;
  bytes: Buffer;
}

const newUid = (): string => `2.25.${BigInt(`0x${randomBytes(12).toString('hex')}`)}`;
const newIds = (): InstanceUids => ({ study: newUid(), series: newUid(), instance: newUid() });

/** Makes the frame of a number; no two are alike. */
function frameMaker({ size, data }: FrameOptions): (frame: number) => Buffer {
  const noise = new Uint16Array(size * size + 65_536);
  randomFillSync(noise);
  const smooth = new Uint16Array(size * size);
  for (let i = 0; i < smooth.length; i++) {
    const x = (i % size) / size - 0.5;
    const y = i / size / size - 0.5;
    smooth[i] = 1000 + 900 * Math.cos(7 * (x * x + y * y)) + (noise[i]! & 31);
  }
  return (frame) => {
    const samples = new Uint16Array(size * size);
    if (data === 'noise') randomFillSync(samples);
    else {
      const from = (frame * 2_654_435_761) % 65_536;
      for (let i = 0; i < samples.length; i++) samples[i] = smooth[i]! + (noise[i + from]! & 15);
    }
    // What tells a frame from all others.
    samples[0] = frame & 0xffff;
    samples[1] = frame >>> 16;
    return Buffer.from(samples.buffer);
  };
}

/** A multi-frame object without compression of `byteCount` pixel bytes or a little less. */
export async function writeNative(
  file: string,
  { byteCount, size, data }: FrameOptions & { byteCount: number },
): Promise<LargeObject> {
  const ids = newIds();
  const frameBytes = size * size * 2;
  const frameCount = Math.floor(byteCount / frameBytes);
  const head = part10Head({ ...ids, rows: size, columns: size, frameCount });
  const frame = frameMaker({ size, data });
  const digests: string[] = [];
  const written = await writeParts(file, {
    head: [head],
    frameCount,
    frame: async (number) => {
      const bytes = frame(number);
      digests[number] = digest(bytes);
      return bytes;
    },
  });
  return { ...ids, frameCount, ...written, digests };
}

/** A multi-frame object of JPEG frames, a fragment each, with an empty Basic Offset Table (PS3.5 §A.4). */
export async function writeEncapsulated(
  file: string,
  { frameCount, size }: { frameCount: number; size: number },
): Promise<LargeObject> {
  const ids = newIds();
  const head = part10Head({ ...ids, rows: size, columns: size, frameCount, jpeg: JPEG_BASELINE });
  const digests: string[] = [];
  const frame = async (number: number): Promise<Buffer> => {
    const pixels = randomFillSync(Buffer.alloc(size * size));
    const bytes = await sharp(pixels, { raw: { width: size, height: size, channels: 1 } })
      .blur(0.8)
      .toColourspace('b-w')
      .jpeg({ quality: 75 })
      .toBuffer();
    const even = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
    digests[number] = digest(even);
    return item(0xe000, even);
  };
  const emptyTable = item(0xe000, Buffer.alloc(0));
  const end = item(0xe0dd, Buffer.alloc(0));
  const written = await writeParts(file, { head: [head, emptyTable], frameCount, frame, tail: [end] });
  return { ...ids, frameCount, ...written, digests };
}

export function sliceSource({ count, size, data }: FrameOptions & { count: number }): SliceSource {
  const { study, series } = newIds();
  const frame = frameMaker({ size, data });
  return {
    study,
    series,
    count,
    byteCount: count * (part10Head(slice(0)).length + size * size * 2),
    uid: (i) => slice(i).instance,
    bytes: (i) => Buffer.concat([part10Head(slice(i)), frame(i + 1)]),
  };

  function slice(i: number): Part10HeadOptions {
    const instance = `${series}.${100_000 + i}`;
    return { study, series, instance, rows: size, columns: size, number: i + 1 };
  }
}

/** JPG and PNG by turns, small ones. */
export async function imageFile(i: number, { size }: { size: number }): Promise<ImageFile> {
  const pixels = randomFillSync(Buffer.alloc(size * size));
  const picture = sharp(pixels, { raw: { width: size, height: size, channels: 1 } }).blur(1);
  return i % 2 === 0
    ? { type: 'image/jpeg', name: `image-${i}.jpg`, bytes: await picture.jpeg().toBuffer() }
    : { type: 'image/png', name: `image-${i}.png`, bytes: await picture.png().toBuffer() };
}

/** SHA-256, hex. */
export function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

interface Parts {
  head: readonly Buffer[];
  frameCount: number;
  frame: (number: number) => Promise<Buffer>;
  tail?: readonly Buffer[];
}

/** Writes a file part by part. */
async function writeParts(
  file: string,
  { head, frameCount, frame, tail = [] }: Parts,
): Promise<Pick<LargeObject, 'file' | 'byteCount' | 'sha256'>> {
  const handle = await open(file, 'w');
  const hash = createHash('sha256');
  let byteCount = 0;
  const write = async (bytes: Buffer): Promise<void> => {
    hash.update(bytes);
    byteCount += bytes.length;
    await handle.write(bytes);
  };
  for (const bytes of head) await write(bytes);
  for (let number = 1; number <= frameCount; number++) await write(await frame(number));
  for (const bytes of tail) await write(bytes);
  await handle.close();
  return { file, byteCount, sha256: hash.digest('hex') };
}
