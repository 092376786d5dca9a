import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { bufferSource } from '../../base/byte-source.js';
import { onBehalfOf } from '../../base/on-behalf-of.js';
import type { Log } from '../../base/log.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import { ENCODABLE } from '../../standard/transfer-syntaxes.js';
import { drawIcon, iconKind } from './icon.js';
import { readJpegMarkers } from '../codec/jpeg-markers.js';
import { openPictureWorkers, type PictureWorkers } from './picture-workers.js';
import { MAX_PREVIEW_BYTES } from './encode-preview.js';
import { secondaryCapture } from '../upload/secondary-capture.js';

const secondaryCaptureImageStorage = '1.2.840.10008.5.1.4.1.1.7';

/** An uploaded picture of the given size and its header. */
async function uploaded(pixels: Buffer, { width, channels }: { width: number; channels: 1 | 3 }) {
  const height = pixels.length / width / channels;
  const raw = sharp(pixels, { raw: { width, height, channels } });
  const bytes = await raw
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png({ compressionLevel: 1 })
    .toBuffer();
  const made = await secondaryCapture(bufferSource(bytes), { mediaType: 'image/png', PatientID: 'P' });
  if (made.kind === 'refused') throw new Error(made.message);
  return { header: made.header, source: bufferSource(bytes) };
}

const smooth = (width: number, height: number) =>
  Buffer.from(Array.from({ length: width * height }, (_, at) => ((at % width) + Math.floor(at / width)) % 256));
const noise = (length: number) => {
  let state = 1;
  return Buffer.from(Array.from({ length }, () => (state = (state * 48271) % 2147483647) % 256));
};

describe('openPictures', () => {
  let pictures: PictureWorkers;
  beforeAll(() => {
    pictures = openPictureWorkers({ threads: 1, timeoutMs: 30_000 });
  });
  afterAll(() => pictures.close());

  it('makes a baseline JPEG without metadata, gray where the picture is', async () => {
    const { header, source } = await uploaded(smooth(300, 200), { width: 300, channels: 1 });
    const preview = await pictures.preview(header, source);
    const markers = readJpegMarkers(preview);
    expect(markers).toMatchObject({ startOfFrame: 0, Rows: 200, Columns: 300, orientation: 1 });
    expect(markers?.components).toHaveLength(1);
    expect(markers?.segments.some(({ marker }) => marker >= 0xe1 && marker <= 0xef)).toBe(false);
  });

  it.each([
    [767, 767],
    [768, 768],
    [769, 768],
    [1600, 768],
  ])('makes a side of %i pixels %i long', async (side, previewSide) => {
    const { header, source } = await uploaded(Buffer.alloc(side * 2), { width: side, channels: 1 });
    expect(readJpegMarkers(await pictures.preview(header, source))).toMatchObject({ Columns: previewSide });
  });

  it('keeps to 24,575 bytes, also for noise', async () => {
    const { header, source } = await uploaded(noise(700 * 700 * 3), { width: 700, channels: 3 });
    const preview = await pictures.preview(header, source);
    expect(preview.length).toBeLessThanOrEqual(MAX_PREVIEW_BYTES);
    expect(preview.length).toBeGreaterThan(MAX_PREVIEW_BYTES / 3);
  });

  it('takes the middle frame, and any frame that is asked for', async () => {
    const { header, source } = nativeFrames([0, 50, 100, 150, 200]);
    const [shade] = await sharp(await pictures.preview(header, source))
      .raw()
      .toBuffer();
    expect(Math.abs((shade ?? 0) - 100)).toBeLessThanOrEqual(1);
    const last = await pictures.render(header, source, { mediaType: 'image/png', frames: [5] });
    expect((await sharp(last?.bytes).raw().toBuffer())[0]).toBe(200);
    expect(await pictures.render(header, source, { mediaType: 'image/png', frames: [6] })).toBeUndefined();
  });

  it('renders at full size as PNG and JPEG', async () => {
    const { header, source } = await uploaded(smooth(1000, 10), { width: 1000, channels: 1 });
    for (const mediaType of ['image/png', 'image/jpeg'] as const) {
      const rendered = await pictures.render(header, source, { mediaType });
      expect(await sharp(rendered?.bytes).metadata()).toMatchObject({ width: 1000, height: 10, mediaType });
    }
  });

  it('gives an icon for what has no pixels, no decoder, or is damaged', async () => {
    const { header, source } = nativeFrames([0]);
    const picture = await drawIcon('picture');
    const compressed = { ...header, transferSyntaxUID: '1.2.840.10008.1.2.4.94' };
    expect((await pictures.preview(compressed, source)).equals(picture)).toBe(true);
    expect(await pictures.render(compressed, source, { mediaType: 'image/png' })).toBeUndefined();
    expect((await pictures.preview({ ...header, frames: undefined }, source)).equals(picture)).toBe(true);
    const jpeg: InstanceHeader = {
      ...header,
      transferSyntaxUID: '1.2.840.10008.1.2.4.50',
      frames: { kind: 'encapsulated', frames: [[[0, 4]]] },
    };
    expect((await pictures.preview(jpeg, source)).equals(picture)).toBe(true);
    const garbage = { ...header, dataSet: Buffer.from([8, 0, 5, 0, 0x43, 0x53, 0xff, 0xff]) };
    expect((await pictures.preview(garbage, source)).equals(await drawIcon('data'))).toBe(true);
  });

  it('does not read a frame above the limit', async () => {
    const { header } = nativeFrames([0]);
    const huge = { ...header, frames: { kind: 'native', offset: 0, frameBits: 2 ** 30 + 8, frameCount: 1 } as const };
    const source = { byteCount: 2 ** 31, read: () => Promise.reject(new Error('was read')) };
    expect((await pictures.preview(huge, source)).equals(await drawIcon('picture'))).toBe(true);
  });
});

describe('openPictures, compressed frames', () => {
  const jpegLossless = '1.2.840.10008.1.2.4.70';
  const jpeg2000 = '1.2.840.10008.1.2.4.90';
  const htj2k = '1.2.840.10008.1.2.4.201';
  const explicit = '1.2.840.10008.1.2.1';
  let pictures: PictureWorkers;
  beforeAll(() => {
    pictures = openPictureWorkers({ threads: 1, timeoutMs: 30_000 });
  });
  afterAll(() => pictures.close());

  /** The frames of `nativeFrames` in a compressed transfer syntax. */
  async function compressed(
    to: string,
    shadesOfFrames: number[],
    damage: (bytes: Buffer) => Buffer = (bytes) => bytes,
  ) {
    const { header, source } = nativeFrames(shadesOfFrames);
    const streams: Buffer[] = [];
    for (let number = 1; number <= shadesOfFrames.length; number++)
      streams.push(damage(Buffer.from((await pictures.convert(header, source, { number, to })).bytes)));
    const frames = streams.map((stream, index) => {
      const offset = streams.slice(0, index).reduce((sum, { length }) => sum + length, 0);
      return [[offset, stream.length]] as const;
    });
    const encapsulated = { ...header, transferSyntaxUID: to, frames: { kind: 'encapsulated', frames } as const };
    return { header: encapsulated, source: bufferSource(Buffer.concat(streams)) };
  }

  it.each([...ENCODABLE])('shows and converts %s', async (to) => {
    const { header, source } = await compressed(to, [0, 100, 200]);
    const [shade] = await sharp(await pictures.preview(header, source))
      .raw()
      .toBuffer();
    expect(Math.abs((shade ?? 0) - 100)).toBeLessThanOrEqual(1);
    const { bytes } = await pictures.convert(header, source, { number: 3, to: explicit });
    expect(Buffer.from(bytes)).toEqual(Buffer.alloc(64, 200));
    for (const number of [0, 4])
      await expect(pictures.convert(header, source, { number, to: explicit })).rejects.toMatchObject({
        code: 'not-found',
      });
  });

  it('gives an icon for a stream that is cut off, and is right with the next', async () => {
    const icon = await drawIcon('picture');
    const good = await compressed(htj2k, [100]);
    const right = await pictures.preview(good.header, good.source);
    expect(right.equals(icon)).toBe(false);
    for (const to of ENCODABLE) {
      const broken = await compressed(to, [100], (bytes) => bytes.subarray(0, bytes.length >> 1));
      expect((await pictures.preview(broken.header, broken.source)).equals(icon)).toBe(true);
      const convert = pictures.convert(broken.header, broken.source, { number: 1, to: explicit });
      await expect(convert).rejects.toMatchObject({ code: 'not-acceptable' });
      expect((await pictures.preview(good.header, good.source)).equals(right)).toBe(true);
    }
  });

  it('goes on after a stream that traps its codec', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'preview-'));
    const file = path.join(folder, 'trapping.mjs');
    await writeFile(file, trappingWorker);
    const trapping = openPictureWorkers({ threads: 1, timeoutMs: 30_000, worker: pathToFileURL(file) });
    const good = await compressed(jpegLossless, [100]);
    const right = await pictures.preview(good.header, good.source);
    const broken = await compressed(htj2k, [100]);
    for (let turn = 0; turn < 3; turn++) {
      expect((await trapping.preview(broken.header, broken.source)).equals(await drawIcon('picture'))).toBe(true);
      const convert = trapping.convert(broken.header, broken.source, { number: 1, to: explicit });
      await expect(convert).rejects.toThrow('The decoder broke off.');
      expect((await trapping.preview(good.header, good.source)).equals(right)).toBe(true);
    }
    await trapping.close();
    await rm(folder, { recursive: true });
  });

  it('says of a damaged stream what its decoder says', async () => {
    const { header, source } = await compressed(htj2k, [100], withoutCapabilities);
    const convert = pictures.convert(header, source, { number: 1, to: explicit });
    await expect(convert).rejects.toThrow('cannot be decoded: Invalid marker size. Ask for transfer-syntax=*.');
  });

  it('refuses what cannot be written in the other transfer syntax', async () => {
    const { header, source } = nativeFrames([1]);
    const convert = pictures.convert(header, source, { number: 1, to: '1.2.840.10008.1.2.4.51' });
    await expect(convert).rejects.toMatchObject({ code: 'not-acceptable' });
    const { header: j2k, source: stream } = await compressed(jpeg2000, [7]);
    const again = await pictures.convert(j2k, stream, { number: 1, to: htj2k });
    expect(again).toMatchObject({ Rows: 8, Columns: 8, PhotometricInterpretation: 'MONOCHROME2' });
  });
});

describe('openPictures, when something goes wrong', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'preview-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('says of a picture that takes too long that it may be asked for again, and makes it an icon never', async () => {
    const file = path.join(folder, 'slow.mjs');
    const counted = path.join(folder, 'tries');
    // The first try of shade 5 never ends, the second gives it.
    await writeFile(
      file,
      `import { appendFileSync, readFileSync } from 'node:fs';
       export default (task) => {
         const { bytes } = task.frame;
         appendFileSync(${JSON.stringify(counted)}, String(bytes[0]));
         const isFirst = readFileSync(${JSON.stringify(counted)}, 'latin1').split('5').length === 2;
         if (bytes[0] === 1 || (bytes[0] === 5 && isFirst)) for (;;);
         return { kind: 'picture', bytes };
       }`,
    );
    const pictures = openPictureWorkers({ threads: 1, timeoutMs: 1500, worker: pathToFileURL(file) });
    const slow = nativeFrames([1]);
    const again = { code: 'unavailable', retryable: true };
    await expect(pictures.preview(slow.header, slow.source)).rejects.toMatchObject(again);
    const asked = pictures.render(slow.header, slow.source, { mediaType: 'image/png' });
    await expect(asked).rejects.toMatchObject(again);
    const converted = pictures.convert(slow.header, slow.source, { number: 1, to: '1.2.840.10008.1.2.4.90' });
    await expect(converted).rejects.toMatchObject(again);
    const { header, source } = nativeFrames([5]);
    expect((await pictures.preview(header, source))[0]).toBe(5);
    await pictures.close();
  });

  it('gives a large picture more time, in proportion to its pixels', async () => {
    const file = path.join(folder, 'proportional.mjs');
    await writeFile(
      file,
      `export default () => { const end = Date.now() + 1200; while (Date.now() < end); return { kind: 'picture', bytes: new Uint8Array([7]) }; }`,
    );
    const pictures = openPictureWorkers({ threads: 1, timeoutMs: 400, worker: pathToFileURL(file) });
    const small = nativeFrames([1]);
    const large = nativeFrames([1], { side: 5000 });
    const asked = (of: typeof small) => pictures.render(of.header, of.source, { mediaType: 'image/png' });
    await expect(asked(small)).rejects.toMatchObject({ code: 'unavailable' });
    expect((await asked(large))?.bytes[0]).toBe(7);
    await pictures.close();
  });

  it('tells a limit of pixels as such, before anything is read', async () => {
    const pictures = openPictureWorkers({ threads: 1, timeoutMs: 30_000 });
    const { header } = nativeFrames([1], { side: 8193 });
    const source = { byteCount: 2 ** 31, read: () => Promise.reject(new Error('was read')) };
    const converted = pictures.convert(header, source, { number: 1, to: '1.2.840.10008.1.2.4.90' });
    await expect(converted).rejects.toThrow(/8193 × 8193 pixels, more than the 67108864/);
    await expect(converted).rejects.toMatchObject({ code: 'not-acceptable' });
    await pictures.close();
  });

  it('gives an icon for a picture that kills its thread, and goes on', async () => {
    const file = path.join(folder, 'worker.mjs');
    const first = 'const { bytes } = task.frame;';
    await writeFile(
      file,
      `export default (task) => { ${first} if (bytes[0] === 2) process.exit(1); return { kind: 'picture', bytes }; }`,
    );
    const pictures = openPictureWorkers({ threads: 1, timeoutMs: 30_000, worker: pathToFileURL(file) });
    const icon = await drawIcon('picture');
    const previews = await Promise.all(
      [3, 2, 4].map((shade) => {
        const { header, source } = nativeFrames([shade]);
        return pictures.preview(header, source);
      }),
    );
    expect(previews.map((preview) => (preview.equals(icon) ? 'icon' : preview[0]))).toEqual([3, 'icon', 4]);
    await pictures.close();
  });

  it('logs a codec that fails its proof, and gives an icon', async () => {
    const file = path.join(folder, 'unproven.mjs');
    const refused = `{ kind: 'refused', code: 'misconfigured', message: 'The Jpeg codec decodes a known picture wrongly.' }`;
    await writeFile(file, `export default () => (${refused});`);
    const lines: string[] = [];
    const log = { error: (line: string) => lines.push(line) } as unknown as Log;
    const pictures = openPictureWorkers({ threads: 1, timeoutMs: 30_000, worker: pathToFileURL(file), log });
    const { header, source } = nativeFrames([1]);
    expect((await pictures.preview(header, source)).equals(await drawIcon('picture'))).toBe(true);
    expect(lines).toEqual(['The Jpeg codec decodes a known picture wrongly.']);
    await pictures.close();
  });

  it('gives no icon because the server stops', async () => {
    const pictures = openPictureWorkers({ threads: 1, timeoutMs: 30_000 });
    const { header, source } = nativeFrames([1]);
    const underWay = pictures.preview(header, source);
    const refused = expect(underWay).rejects.toMatchObject({ code: 'unavailable' });
    await pictures.close();
    await refused;
    await expect(pictures.preview(header, source)).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('iconKind', () => {
  const explicit = '1.2.840.10008.1.2.1';
  const root = '1.2.840.10008.5.1.4.1.1.';

  it.each([
    ['2', 'picture'],
    ['77.1.4', 'picture'],
    ['66.4', 'segmentation'],
    ['104.1', 'document'],
    ['88.33', 'report'],
    ['9.1.1', 'waveform'],
    ['481.3', 'radiotherapy'],
    ['77.1.1.1', 'video'],
    ['11.1', 'data'],
    ['66', 'data'],
  ])('of %s is %s', (number, kind) => {
    expect(iconKind(root + number, explicit)).toBe(kind);
  });

  it('is video for video streams and data for the unknown', () => {
    expect(iconKind(`${root}77.1.4`, '1.2.840.10008.1.2.4.102')).toBe('video');
    expect(iconKind('1.2.3', explicit)).toBe('data');
  });

  it('draws every kind differently, within a chunk', async () => {
    const kinds = [
      'picture',
      'document',
      'report',
      'waveform',
      'radiotherapy',
      'video',
      'segmentation',
      'data',
    ] as const;
    const icons = await Promise.all(kinds.map(drawIcon));
    expect(new Set(icons.map((icon) => icon.toString('base64'))).size).toBe(kinds.length);
    for (const icon of icons) expect(icon.length).toBeLessThanOrEqual(MAX_PREVIEW_BYTES);
  });
});

describe('openPictures, for several callers', () => {
  it('makes the picture of one before the many of another', async () => {
    const pictures = openPictureWorkers({ threads: 2, timeoutMs: 30_000 });
    const { header, source } = await uploaded(noise(600 * 600), { width: 600, channels: 1 });
    const done: string[] = [];
    const ask = (who: string): Promise<void> =>
      onBehalfOf.run({ name: who, hasGone: () => false }, async () => {
        await pictures.render(header, source, { mediaType: 'image/png' });
        done.push(who);
      });
    await Promise.all([...Array.from({ length: 20 }, () => ask('many')), ask('one')]);
    expect(done).toHaveLength(21);
    expect(done.indexOf('one')).toBeLessThan(10);
    await pictures.close();
  });
});

/** The worker as it is, but its decoder of JPEG 2000 always traps: no stream is known that makes it. */
const trappingWorker = `
const { instantiate } = WebAssembly;
WebAssembly.instantiate = async (...given) => {
  const { exports } = await instantiate(...given);
  const DecodeJpeg2000 = () => { throw new WebAssembly.RuntimeError('unreachable'); };
  return { exports: { ...exports, DecodeJpeg2000 } };
};
export default (await import('${pathToFileURL(path.resolve('dist/dicom/render/picture-worker.js')).href}')).default;
`;

/** An HTJ2K stream whose CAP segment has no length. */
function withoutCapabilities(stream: Buffer): Buffer {
  stream[48] = 0;
  return stream;
}

/** Frames of 8 × 8 pixels, or said to have other sides, each of one shade, with a window that changes nothing. */
function nativeFrames(shadesOfFrames: number[], { side = 8 }: { side?: number } = {}) {
  const text = (tag: number, vr: string, value: string) =>
    element(tag, vr, Buffer.from(value.padEnd(value.length + (value.length % 2))));
  const short = (tag: number, value: number) => element(tag, 'US', Buffer.from([value & 0xff, value >> 8]));
  const dataSet = Buffer.concat([
    text(0x00080016, 'UI', secondaryCaptureImageStorage),
    short(0x00280002, 1),
    text(0x00280004, 'CS', 'MONOCHROME2'),
    short(0x00280010, side),
    short(0x00280011, side),
    short(0x00280100, 8),
    short(0x00280101, 8),
    short(0x00280102, 7),
    short(0x00280103, 0),
    text(0x00281050, 'DS', '128'),
    text(0x00281051, 'DS', '256'),
  ]);
  const header: InstanceHeader = {
    source: 'part10',
    transferSyntaxUID: '1.2.840.10008.1.2.1',
    fileMeta: Buffer.alloc(0),
    dataSetOffset: 0,
    dataSetSha256: '',
    dataSet,
    bulk: [],
    frames: { kind: 'native', offset: 0, frameBits: 512, frameCount: shadesOfFrames.length },
  };
  return { header, source: bufferSource(Buffer.concat(shadesOfFrames.map((shade) => Buffer.alloc(64, shade)))) };
}

function element(tag: number, vr: string, value: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.write(vr, 4, 'latin1');
  head.writeUInt16LE(value.length, 6);
  return Buffer.concat([head, value]);
}
