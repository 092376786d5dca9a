import { describe, expect, it } from '@jest/globals';
import sharp, { type Sharp } from 'sharp';
import { bufferSource } from '../../base/byte-source.js';
import { encodeHeader } from '../metadata/encode-header.js';
import { drawIcon, makeIcon } from '../render/icon.js';
import { encodePreview } from '../render/encode-preview.js';
import type { Picture } from '../render/picture.js';
import { honestInstance, madePicture } from '../testing/announced-content.js';
import { image, object, part10, text } from '../testing/hand-made.js';
import { verifyContent } from './verify-content.js';

const raw = ({ pixels, width, height, channels }: Picture): Sharp =>
  sharp(pixels, { raw: { width, height, channels } });
const gray = madePicture({ side: 300, channels: 1 });
const colours = madePicture({ side: 300, channels: 3 });
const asIs = (file: Sharp) => file;

/** Native pixels of 8 bits with a window that changes nothing. */
const dicomOf = ({ pixels, width, height }: Picture): Buffer =>
  part10(
    object(
      text(0x00100020, 'LO', 'R-1'),
      text(0x00280004, 'CS', 'MONOCHROME2'),
      ...image(height, width),
      text(0x00281050, 'DS', '128'),
      text(0x00281051, 'DS', '256'),
      { tag: 0x7fe00010, vr: 'OB', value: Buffer.from(pixels) },
    ),
  );

const fileOf: Record<string, (picture: Picture) => Promise<Buffer>> = {
  'a DICOM file': async (picture) => dicomOf(picture),
  'a PNG file': (picture) => raw(picture).toColourspace('b-w').png().toBuffer(),
  'a JPEG file': (picture) => raw(picture).toColourspace('b-w').jpeg({ quality: 95 }).toBuffer(),
};

describe('verifyContent', () => {
  describe.each(Object.keys(fileOf))('of %s', (kind) => {
    const honest = async (picture = gray) => honestInstance(await fileOf[kind]!(picture), await encodePreview(picture));

    it('finds nothing where nothing is', async () => {
      const { source, announced } = await honest();
      expect(await verifyContent(source, announced)).toBeUndefined();
    });

    it('takes from the announcement what the bytes do not tell', async () => {
      const { source, header, announced } = await honest();
      const more = encodeHeader({ ...header, patientIdIssuer: 'north', byteCount: source.byteCount });
      expect(await verifyContent(source, { ...announced, header: more })).toBeUndefined();
      const encrypted = { scheme: 1, byteCount: 9, sha256: announced.sha256 };
      const inside = encodeHeader({ ...header, encrypted, byteCount: source.byteCount });
      expect(await verifyContent(source, { ...announced, header: inside })).toBeUndefined();
      const others = { ...encrypted, sha256: 'ab'.repeat(32) };
      const lie = encodeHeader({ ...header, encrypted: others, byteCount: source.byteCount });
      expect(await verifyContent(source, { ...announced, header: lie })).toMatchObject({ reason: 'bytes' });
      const wrong = encodeHeader({ ...header, byteCount: source.byteCount + 1 });
      expect(await verifyContent(source, { ...announced, header: wrong })).toMatchObject({ reason: 'bytes' });
    });

    it('finds other bytes, and other headers', async () => {
      const [one, other] = [await honest(), await honest(madePicture({ side: 300, channels: 1, seed: 2 }))];
      expect(await verifyContent(other.source, one.announced)).toMatchObject({
        reason: 'bytes',
        detail: expect.stringContaining(one.announced.sha256),
      });
      const { sha256, preview } = other.announced;
      expect(await verifyContent(other.source, { ...one.announced, sha256, preview })).toEqual({
        reason: 'bytes',
        detail: 'The header on the chain is not the one that these bytes give.',
      });
      const dataSetSha256 = encodeHeader({ ...one.header, dataSetSha256: 'ab'.repeat(32) });
      const faulty = { ...one.announced, header: dataSetSha256 };
      expect(await verifyContent(one.source, faulty)).toMatchObject({ reason: 'bytes' });
    });

    it.each<[string, (preview: Sharp) => Sharp]>([
      ['mirrored', (preview) => preview.flop()],
      ['upside down', (preview) => preview.flip()],
      ['inverse', (preview) => preview.negate()],
      ['brighter', (preview) => preview.linear(1, 12)],
      ['with a white square', (preview) => preview.composite([{ input: square, left: 80, top: 150 }])],
      ['in another shape', (preview) => preview.resize({ width: 300, height: 200, fit: 'fill' })],
      ['of one pixel', (preview) => preview.resize({ width: 1, height: 1 })],
      ['red', (preview) => preview.tint('#ff0000')],
    ])('finds a preview %s', async (_, change) => {
      const { source, announced } = await honest();
      const preview = await change(sharp(announced.preview)).jpeg({ quality: 90 }).toBuffer();
      expect(await verifyContent(source, { ...announced, preview })).toMatchObject({ reason: 'picture' });
    });

    it('finds the preview of another picture, and bytes', async () => {
      const { source, announced } = await honest();
      for (const preview of [await encodePreview(madePicture({ side: 300, channels: 1, seed: 2 })), Buffer.from('ÿØÿ')])
        expect(await verifyContent(source, { ...announced, preview })).toMatchObject({ reason: 'picture' });
    });

    it.each<[string, (preview: Sharp) => Sharp]>([
      ['in quality 40', (preview) => preview.jpeg({ quality: 40 })],
      ['progressive', (preview) => preview.jpeg({ progressive: true })],
      ['smaller', (preview) => preview.resize({ width: 150 }).jpeg()],
    ])('takes the preview of another program: %s', async (_, change) => {
      const { source, announced } = await honest();
      const preview = await change(sharp(announced.preview)).toBuffer();
      expect(await verifyContent(source, { ...announced, preview })).toBeUndefined();
    });

    it('takes no preview, and the icon of its kind, but no other', async () => {
      const { source, header, announced } = await honest();
      for (const preview of [Buffer.alloc(0), await makeIcon(header)])
        expect(await verifyContent(source, { ...announced, preview })).toBeUndefined();
      expect(await verifyContent(source, { ...announced, preview: await drawIcon('report') })).toMatchObject({
        reason: 'picture',
      });
    });
  });

  it('finds a picture of what has none, and takes its icon', async () => {
    const { source, header, announced } = await honestInstance(part10(object(text(0x00100020, 'LO', 'R-1'))));
    expect(await verifyContent(source, { ...announced, preview: await makeIcon(header) })).toBeUndefined();
    expect(await verifyContent(source, { ...announced, preview: await encodePreview(gray) })).toMatchObject({
      reason: 'picture',
      detail: expect.stringContaining('none can be made'),
    });
  });

  it('takes the preview of a small picture in colours, of which JPEG leaves little', async () => {
    let state = 1;
    const pixels = Uint8Array.from({ length: 9 * 9 * 3 }, () => (state = (state * 48271) % 2147483647) % 256);
    const noise: Picture = { pixels, width: 9, height: 9, channels: 3 };
    const { source, announced } = await honestInstance(await raw(noise).png().toBuffer(), await encodePreview(noise));
    expect(await verifyContent(source, announced)).toBeUndefined();
    const other = { ...noise, pixels: pixels.toReversed() };
    expect(await verifyContent(source, { ...announced, preview: await encodePreview(other) })).toMatchObject({
      reason: 'picture',
    });
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'turns an uploaded picture upright from EXIF orientation %i',
    async (orientation) => {
      const wide = await asIs(raw(colours))
        .resize({ width: 300, height: 160, fit: 'fill' })
        .jpeg({ quality: 95 })
        .toBuffer();
      const file = await sharp(wide).withMetadata({ orientation }).jpeg({ quality: 95 }).toBuffer();
      const upright = await sharp(file).autoOrient().raw().toBuffer({ resolveWithObject: true });
      const { width, height } = upright.info;
      const picture: Picture = { pixels: upright.data, width, height, channels: 3 };
      const { source, announced } = await honestInstance(file, await encodePreview(picture));
      expect(await verifyContent(source, announced)).toBeUndefined();
    },
  );

  it('reads a long instance in parts, and keeps none of it', async () => {
    const value = Buffer.alloc(33 * 2 ** 20, 7);
    const file = part10(object(text(0x00100020, 'LO', 'R-1'), { tag: 0x00191001, vr: 'OB', value }));
    const { announced } = await honestInstance(file);
    const reads: number[] = [];
    const source = {
      byteCount: file.length,
      read: (offset: number, byteCount: number) => {
        reads.push(byteCount);
        return bufferSource(file).read(offset, byteCount);
      },
    };
    expect(await verifyContent(source, announced)).toBeUndefined();
    expect(Math.max(...reads)).toBe(2 ** 20);
    const changed = Buffer.from(file);
    changed[file.length - 1]! ^= 1;
    expect(await verifyContent(bufferSource(changed), announced)).toMatchObject({ reason: 'bytes' });
  });

  it('makes no more of the bytes than the announced header has', async () => {
    const few = await honestInstance(part10(object(text(0x00100020, 'LO', 'R-1'))));
    const many = Array.from({ length: 20_000 }, (_, at) => text(0x00210000 + at, 'LO', ''));
    const file = part10(object(...many));
    const { source, announced } = await honestInstance(file);
    const faulty = { ...announced, header: few.announced.header };
    expect(await verifyContent(source, faulty)).toMatchObject({ reason: 'bytes' });
  });
});

const square = { create: { width: 30, height: 30, channels: 3, background: '#ffffff' } } as const;
