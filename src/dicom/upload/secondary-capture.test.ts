import { crc32, deflateSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import sharp, { type Sharp } from 'sharp';
import { bufferSource } from '../../base/byte-source.js';
import { dataSetOf, elementOf, textOf, wordOf } from '../data-set/data-set.js';
import { tagHex } from '../data-set/dictionary.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import { nativePixels } from './native-pixels.js';
import { PNG_SIGNATURE } from './png-chunks.js';
import { MAX_PIXELS } from '../codec/native-frame.js';
import { MAX_IMAGE_FILE_BYTES, secondaryCapture, secondaryCaptureParameters } from './secondary-capture.js';
import type { SecondaryCaptureParameters } from './secondary-capture-data-set.js';

const width = 24;
const height = 16;
const rgb = Buffer.from(Array.from({ length: width * height * 3 }, (_, index) => (index * 37) % 256));
const gray = rgb.subarray(0, width * height);
const colour = () => sharp(rgb, { raw: { width, height, channels: 3 } });
const monochrome = () => sharp(gray, { raw: { width, height, channels: 1 } }).toColourspace('b-w');

const jpegOf = (image: Sharp, options = {}) => image.jpeg({ quality: 90, ...options }).toBuffer();
const parameters = { mediaType: 'image/jpeg', PatientID: 'P-1', fileName: 'cxr.jpg', acquisition: '20200301' } as const;

async function header(bytes: Buffer, changes: Partial<SecondaryCaptureParameters> = {}): Promise<InstanceHeader> {
  const result = await secondaryCapture(bufferSource(bytes), { ...parameters, ...changes });
  if (result.kind === 'refused') throw new Error(result.message);
  return result.header;
}

async function refusal(bytes: Buffer, changes: Partial<SecondaryCaptureParameters> = {}): Promise<string> {
  const result = await secondaryCapture(bufferSource(bytes), { ...parameters, ...changes });
  return result.kind === 'refused' ? `${result.reason}: ${result.message}` : 'taken';
}

/** Texts and numbers of the data set by tag. */
function read(made: InstanceHeader) {
  const dataSet = dataSetOf(made);
  return {
    text: (tag: string) => elementOf(dataSet, parseInt(tag, 16)) && textOf(dataSet, parseInt(tag, 16)),
    short: (tag: string) => wordOf(dataSet, parseInt(tag, 16)),
    tags: dataSet.elements.map(({ tag }) => tagHex(tag)),
    pixelData: elementOf(dataSet, 0x7fe00010)?.value,
  };
}

describe('secondaryCapture, what a file becomes', () => {
  it.each([
    ['4:4:4 colour', colour(), { chromaSubsampling: '4:4:4' }, 'YBR_FULL', 3],
    ['4:2:0 colour', colour(), { chromaSubsampling: '4:2:0' }, 'YBR_FULL_422', 3],
    ['gray', monochrome(), {}, 'MONOCHROME2', 1],
  ])('encapsulates sequential %s JPEG as it is', async (_, image, options, PhotometricInterpretation, samples) => {
    const bytes = await jpegOf(image, options);
    const made = await header(bytes);
    expect(made.transferSyntaxUID).toBe('1.2.840.10008.1.2.4.50');
    expect(made.frames).toEqual({ kind: 'encapsulated', frames: [[[0, bytes.length]]] });
    const { text, short, tags, pixelData } = read(made);
    expect([text('00280004'), short('00280002')]).toEqual([PhotometricInterpretation, samples]);
    expect([short('00280010'), short('00280011'), short('00280100')]).toEqual([height, width, 8]);
    expect([text('00282110'), text('00282114')]).toEqual(['01', 'ISO_10918_1']);
    expect(tags).toEqual([...tags].sort());
    expect(pixelData).toMatchObject({ length: 0 });
  });

  it('calls extended sequential JPEG so', async () => {
    const bytes = await jpegOf(monochrome());
    const sof0 = bytes.indexOf(Buffer.from([0xff, 0xc0]));
    bytes[sof0 + 1] = 0xc1;
    expect((await header(bytes)).transferSyntaxUID).toBe('1.2.840.10008.1.2.4.51');
  });

  it('calls components named R, G, B, or an Adobe marker 0, RGB', async () => {
    const bytes = await jpegOf(colour(), { chromaSubsampling: '4:4:4' });
    const adobe = Buffer.from([0xff, 0xee, 0, 14, ...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, 0]);
    const marked = Buffer.concat([bytes.subarray(0, 2), adobe, bytes.subarray(2)]);
    expect(read(await header(marked)).text('00280004')).toBe('RGB');
  });

  it.each([
    ['progressive', colour(), { progressive: true }, 'RGB', 'progressive'],
    ['progressive gray', monochrome(), { progressive: true }, 'MONOCHROME2', 'progressive'],
    ['CMYK', colour().toColourspace('cmyk'), {}, 'RGB', 'CMYK'],
    ['turned', colour().withMetadata({ orientation: 6 }), {}, 'RGB', 'EXIF orientation 6'],
  ])('decodes %s JPEG to native pixels', async (_, image, options, PhotometricInterpretation, said) => {
    const bytes = await jpegOf(image, options);
    const made = await header(bytes);
    const { text, short } = read(made);
    expect(made.transferSyntaxUID).toBe('1.2.840.10008.1.2.1');
    expect(text('00280004')).toBe(PhotometricInterpretation);
    expect(text('00082111')).toContain(said);
    expect(text('00282110')).toBe('01');
    const pixels = await nativePixels(bytes, made.source);
    const pixelBytes = (short('00280010') ?? 0) * (short('00280011') ?? 0) * (short('00280002') ?? 0);
    expect(pixels).toHaveLength(pixelBytes);
    expect(made.frames).toEqual({ kind: 'native', offset: 0, frameBits: 8 * pixelBytes, frameCount: 1 });
    const shown = await sharp(bytes)
      .autoOrient()
      .toColourspace(text('00280004') === 'RGB' ? 'srgb' : 'b-w')
      .raw()
      .toBuffer();
    expect(pixels.equals(shown)).toBe(true);
  });

  it('keeps all 16 bits of a gray PNG', async () => {
    const deep = Uint16Array.from({ length: width * height }, (_, index) => index * 170);
    const bytes = await sharp(deep, { raw: { width, height, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    const made = await header(bytes, { mediaType: 'image/png' });
    expect([read(made).short('00280100'), read(made).text('00281051')]).toEqual([16, '65536']);
    expect((await nativePixels(bytes, 'image/png')).equals(Buffer.from(deep.buffer))).toBe(true);
    expect(read(made).text('00282110')).toBeUndefined();
  });

  it('decodes 8-bit, palette and 1-bit PNG exactly', async () => {
    const plain = await colour().png().toBuffer();
    expect((await nativePixels(plain, 'image/png')).equals(rgb)).toBe(true);
    const few = Buffer.from(gray.map((value) => (value > 127 ? 255 : 0)));
    const source = () => sharp(few, { raw: { width, height, channels: 1 } });
    const palette = await source().png({ palette: true, colours: 2 }).toBuffer();
    const made = await header(palette, { mediaType: 'image/png' });
    const pixels = await nativePixels(palette, 'image/png');
    const samples = read(made).short('00280002') ?? 0;
    expect([...pixels].filter((_, index) => index % samples === 0)).toEqual([...few]);
  });

  it.each([
    [1, [0b01000000], [0, 255]],
    [2, [0b01110000], [85, 255]],
    [4, [0x1e], [17, 238]],
  ])('spreads %i-bit gray over 8 bits', async (bitDepth, row, values) => {
    const chunk = (type: string, body: Buffer) => {
      const typed = Buffer.concat([Buffer.from(type), body]);
      const frame = Buffer.alloc(8);
      frame.writeUInt32BE(body.length, 0);
      frame.writeUInt32BE(crc32(typed), 4);
      return Buffer.concat([frame.subarray(0, 4), typed, frame.subarray(4)]);
    };
    const bytes = Buffer.concat([
      PNG_SIGNATURE,
      chunk('IHDR', Buffer.from([0, 0, 0, 2, 0, 0, 0, 1, bitDepth, 0, 0, 0, 0])),
      chunk('IDAT', deflateSync(Buffer.from([0, ...row]))),
      chunk('IEND', Buffer.alloc(0)),
    ]);
    expect([...(await nativePixels(bytes, 'image/png'))]).toEqual(values);
    expect(read(await header(bytes, { mediaType: 'image/png' })).text('00082111')).toContain(`${bitDepth}-bit`);
  });

  it('lays transparency on black', async () => {
    const clear = { width: 1, height: 1, channels: 4 as const, background: { r: 200, g: 100, b: 50, alpha: 0.5 } };
    const bytes = await sharp({ create: clear }).png().toBuffer();
    const [red = 0, green = 0, blue = 0] = await nativePixels(bytes, 'image/png');
    expect([Math.abs(red - 100), Math.abs(green - 50), Math.abs(blue - 25)].every((off) => off <= 1)).toBe(true);
    expect(read(await header(bytes, { mediaType: 'image/png' })).text('00082111')).toContain('black');
  });
});

describe('secondaryCapture, whose it is', () => {
  const file = jpegOf(monochrome());
  const ids = async (changes: Partial<SecondaryCaptureParameters>, bytes?: Buffer) => {
    const { text } = read(await header(bytes ?? (await file), changes));
    return { study: text('0020000D'), series: text('0020000E'), instance: text('00080018') };
  };

  it('follows from bytes and parameters alone, and gives the parameters back', async () => {
    const full = { PatientID: 'Ärztin 1', IssuerOfPatientID: 'H', acquisition: '20200301101112', fileName: 'ü.jpg' };
    const made = await header(await file, full);
    expect(await header(await file, full)).toEqual(made);
    expect(await header(await file, secondaryCaptureParameters(made))).toEqual(made);
    expect(secondaryCaptureParameters(made)).toMatchObject({ ...full, mediaType: 'image/jpeg' });
  });

  it('puts one study on a patient and date, and one series in it', async () => {
    const first = await ids({ acquisition: '20200301' });
    expect(await ids({ acquisition: '20200301235959', fileName: 'b.jpg' })).toMatchObject({
      study: first.study,
      series: first.series,
    });
    for (const other of [
      { acquisition: '20200302' },
      { acquisition: undefined },
      { PatientID: 'P-2' },
      { IssuerOfPatientID: 'H' },
    ]) {
      const { study, series } = await ids(other);
      expect(study).not.toBe(first.study);
      expect(series).not.toBe(first.series);
    }
    expect((await ids({ StudyInstanceUID: '1.2.3' })).study).toBe('1.2.3');
  });

  it('has an instance UID for each patient, name and content', async () => {
    const other = await jpegOf(monochrome(), { quality: 50 });
    const all = [
      await ids({}),
      await ids({ fileName: 'b.jpg' }),
      await ids({ fileName: undefined }),
      await ids({ PatientID: 'P-2' }),
      await ids({ IssuerOfPatientID: 'H' }),
      await ids({}, other),
    ].map(({ instance }) => instance);
    expect(new Set(all).size).toBe(all.length);
    for (const uid of all) expect(uid).toMatch(/^2\.25\.[1-9][0-9]{30,38}$/);
    expect((await ids({ acquisition: '20210101' })).instance).toBe(all[0]);
  });

  it.each([
    [{}],
    [{ PatientName: 'Müller^Änne^^Dr.' }],
    [{ PatientName: '山田^太郎=やまだ^たろう' }],
    [{ PatientName: '^' }],
    [{ PatientName: 'a==b' }],
    [{ PatientName: 'P 1 = x^^^^^y' }],
    [{ PatientName: 'x'.repeat(64), PatientSex: 'F', PatientBirthDate: '19700102' }],
    [{ Modality: 'DX', StudyDescription: 'Thorax, übersichtlich', BodyPartExamined: 'CHEST' }],
  ])('can be made again from its header with %j', async (said) => {
    const made = await header(await file, said);
    expect(await header(await file, secondaryCaptureParameters(made))).toEqual(made);
    expect(secondaryCaptureParameters(made)).toMatchObject(said);
  });

  it('has no name, birth date and sex, and OT as its modality, where nothing is said, as headers of earlier releases', async () => {
    const dataSet = read(await header(await file));
    expect(
      ['x00100010', 'x00100030', 'x00100040', 'x00080060', 'x00081030'].map(
        (tag) => dataSet.text(tag.slice(1)) || undefined,
      ),
    ).toEqual([undefined, undefined, undefined, 'OT', undefined]);
  });
});

describe('secondaryCapture, what it refuses', () => {
  const file = jpegOf(monochrome());

  it('refuses a file that is not what it is called, naming both', async () => {
    const png = await monochrome().png().toBuffer();
    expect(await refusal(png)).toMatch(/^cannot-understand: .*image\/jpeg.*image\/png/);
    expect(await refusal(Buffer.from('GIF89a'))).toMatch(/image\/jpeg.*neither/);
    expect(await refusal(Buffer.alloc(0))).toMatch(/neither/);
  });

  it('refuses a file that is cut off, wherever', async () => {
    const jpeg = await file;
    const png = await colour().png().toBuffer();
    for (const share of [0.2, 0.5, 0.9]) {
      expect(await refusal(jpeg.subarray(0, jpeg.length * share))).toMatch(/^cannot-understand: .*damaged/);
      expect(await refusal(png.subarray(0, png.length * share), { mediaType: 'image/png' })).toMatch(/damaged/);
    }
  });

  it('refuses a PNG whose pixels do not inflate', async () => {
    const png = Buffer.from(await colour().png().toBuffer());
    png.fill(0xa5, png.indexOf('IDAT') + 12, png.indexOf('IDAT') + 40);
    expect(await refusal(png, { mediaType: 'image/png' })).toMatch(/^cannot-understand: .*cannot be decoded/);
  });

  it('refuses more pixels than the limit by the header alone', async () => {
    const png = Buffer.from(await colour().png().toBuffer());
    png.writeUInt32BE(2 ** 13, 16);
    png.writeUInt32BE(MAX_PIXELS / 2 ** 13 + 1, 20);
    expect(await refusal(png, { mediaType: 'image/png' })).toMatch(/8192 × 8193 pixels/);
    png.writeUInt32BE(65536, 16);
    expect(await refusal(png, { mediaType: 'image/png' })).toMatch(/65536 × 8193 pixels; each side/);
    const jpeg = Buffer.from(await file);
    jpeg.writeUInt16BE(0, jpeg.indexOf(Buffer.from([0xff, 0xc0])) + 5);
    expect(await refusal(jpeg)).toMatch(/24 × 0 pixels/);
  });

  it('refuses a file above the size limit without reading it', async () => {
    const source = { byteCount: MAX_IMAGE_FILE_BYTES + 1, read: () => Promise.reject(new Error('was read')) };
    expect(await secondaryCapture(source, parameters)).toMatchObject({ kind: 'refused', reason: 'cannot-understand' });
  });

  it('refuses lossless and 12-bit JPEG, and those of endless scans', async () => {
    const lossless = Buffer.from(await file);
    lossless[lossless.indexOf(Buffer.from([0xff, 0xc0])) + 1] = 0xc3;
    expect(await refusal(lossless)).toMatch(/SOF3/);
    const jpeg = await file;
    const sos = jpeg.indexOf(Buffer.from([0xff, 0xda]));
    const scan = jpeg.subarray(sos, jpeg.length - 2);
    const scans = (count: number) =>
      Buffer.concat([jpeg.subarray(0, sos), ...Array<Buffer>(count).fill(scan), Buffer.from([0xff, 0xd9])]);
    expect(await refusal(scans(200))).not.toMatch(/scans/);
    expect(await refusal(scans(201))).toMatch(/201 scans/);
  });

  it.each([
    [{ PatientID: ' ' }, /PatientID is empty/],
    [{ PatientID: 'x'.repeat(65) }, /65 characters/],
    [{ PatientID: 'a\\b' }, /backslash/],
    [{ IssuerOfPatientID: 'a\nb' }, /control character/],
    [{ StudyInstanceUID: '1.2.x' }, /"1\.2\.x" is not a UID/],
    [{ StudyInstanceUID: `1.${'2'.repeat(63)}` }, /not a UID/],
    [{ acquisition: '20200230' }, /"20200230" is not a date/],
    [{ acquisition: '2020030124' }, /YYYYMMDDHHMMSS/],
    [{ fileName: 'x'.repeat(256) }, /256 characters/],
  ])('refuses %j', async (changes, message) => {
    const said = await refusal(await file, changes);
    expect(said).toMatch(/^data-set-mismatch: /);
    expect(said).toMatch(message);
  });

  it('takes what is just within the limits', async () => {
    const edge = { PatientID: 'x'.repeat(64), StudyInstanceUID: `1.${'2'.repeat(62)}`, fileName: 'x'.repeat(255) };
    expect(await refusal(await file, { ...edge, acquisition: '20200229235960' })).toBe('taken');
  });
});
