import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { readJpegMarkers } from '../codec/jpeg-markers.js';
import type { Overlay } from './overlays.js';
import type { PixelDescription } from '../codec/pixel-description.js';
import { MAX_PIXELS } from '../codec/native-frame.js';
import { canRender, renderFrame } from './render.js';

const explicitLittleEndian = '1.2.840.10008.1.2.1';
const jpegBaseline = '1.2.840.10008.1.2.4.50';

const gray: PixelDescription = {
  Rows: 1,
  Columns: 4,
  SamplesPerPixel: 1,
  PhotometricInterpretation: 'MONOCHROME2',
  BitsAllocated: 16,
  BitsStored: 16,
  HighBit: 15,
  PixelRepresentation: 0,
  PlanarConfiguration: 0,
  sampleKind: 'integer',
  RescaleSlope: 1,
  RescaleIntercept: 0,
  VOILUTFunction: 'LINEAR',
};
const eight: PixelDescription = { ...gray, BitsAllocated: 8, BitsStored: 8, HighBit: 7 };
const rgb: PixelDescription = { ...eight, Columns: 2, SamplesPerPixel: 3, PhotometricInterpretation: 'RGB' };

const words = (...values: number[]) => Buffer.from(Uint16Array.from(values).buffer);

async function shades(bytes: Buffer, description: PixelDescription, transferSyntaxUID = explicitLittleEndian) {
  const picture = await renderFrame({ bytes, transferSyntaxUID }, description);
  return picture && [...picture.pixels];
}

describe('renderFrame, gray', () => {
  it('spreads lowest to highest when there is no window', async () => {
    expect(await shades(words(100, 200, 300, 1120), gray)).toEqual([0, 25, 50, 255]);
  });

  it('applies the linear window of PS3.3 §C.11.2.1.2 at its edges', async () => {
    // Width 256 around 128 changes nothing.
    const identity = { ...gray, WindowCenter: 128, WindowWidth: 256 };
    expect(await shades(words(0, 1, 255, 400), identity)).toEqual([0, 1, 255, 255]);
    expect(await shades(words(9, 10, 11, 12), { ...gray, WindowCenter: 10, WindowWidth: 1 })).toEqual([
      0, 255, 255, 255,
    ]);
  });

  it('applies LINEAR_EXACT and SIGMOID', async () => {
    const exact = { ...gray, WindowCenter: 100, WindowWidth: 100, VOILUTFunction: 'LINEAR_EXACT' };
    expect(await shades(words(50, 100, 150, 151), exact)).toEqual([0, 128, 255, 255]);
    const sigmoid = { ...exact, VOILUTFunction: 'SIGMOID' };
    expect(await shades(words(100, 125, 75, 5000), sigmoid)).toEqual([128, 186, 69, 255]);
  });

  it('windows rescaled values, of signed samples too', async () => {
    const ct = {
      ...gray,
      PixelRepresentation: 1,
      RescaleIntercept: -1024,
      RescaleSlope: 2,
      WindowCenter: 0,
      WindowWidth: 256,
    };
    const bytes = Buffer.from(Int16Array.of(-30000, 448, 512, 575).buffer);
    expect(await shades(bytes, ct)).toEqual([0, 0, 128, 254]);
  });

  it('goes through a modality LUT and a VOI LUT', async () => {
    const modalityLut = { firstMapped: 0, bits: 8, values: Uint16Array.of(3, 2, 1, 0) };
    const voiLut = { firstMapped: 0, bits: 4, values: Uint16Array.of(0, 5, 10, 15) };
    expect(await shades(words(0, 1, 2, 3), { ...gray, modalityLut, voiLut })).toEqual([255, 170, 85, 0]);
  });

  it('takes a window that is asked for before all that the object has, and keeps fractions of rescaled values', async () => {
    const voiLut = { firstMapped: 0, bits: 8, values: Uint16Array.of(7) };
    const fine = { ...gray, voiLut, WindowCenter: 1, WindowWidth: 1, RescaleSlope: 0.01, VOILUTFunction: 'SIGMOID' };
    const frame = { bytes: words(0, 100, 150, 200), transferSyntaxUID: explicitLittleEndian };
    const window = { center: 1, width: 2, function: 'LINEAR_EXACT' as const };
    expect([...((await renderFrame(frame, fine, { window }))?.pixels ?? [])]).toEqual([0, 128, 191, 255]);
  });

  it('inverts for Presentation LUT Shape INVERSE, once', async () => {
    const inverse = { ...gray, PresentationLUTShape: 'INVERSE' };
    expect(await shades(words(0, 255, 51, 0), inverse)).toEqual([255, 0, 204, 255]);
    const both = { ...inverse, PhotometricInterpretation: 'MONOCHROME1' };
    expect(await shades(words(0, 255, 51, 0), both)).toEqual([255, 0, 204, 255]);
  });

  it('prefers the window to the VOI LUT and ignores a window without width', async () => {
    const voiLut = { firstMapped: 0, bits: 8, values: Uint16Array.of(7) };
    const window = { ...gray, voiLut, WindowCenter: 128, WindowWidth: 256 };
    expect(await shades(words(0, 1, 2, 3), window)).toEqual([0, 1, 2, 3]);
    expect(await shades(words(0, 1, 2, 3), { ...window, WindowWidth: 0 })).toEqual([7, 7, 7, 7]);
  });

  it('inverts MONOCHROME1 and leaves padding black', async () => {
    const inverted = { ...gray, PhotometricInterpretation: 'MONOCHROME1', PixelPaddingValue: 9000 };
    expect(await shades(words(0, 255, 51, 9000), inverted)).toEqual([255, 0, 204, 0]);
    const range = { ...inverted, PixelPaddingRangeLimit: 9002 };
    expect(await shades(words(0, 255, 9001, 9002), range)).toEqual([255, 0, 0, 0]);
  });

  it('drops bits that are not stored, and reads the sign from the highest that is', async () => {
    const twelve = { ...gray, BitsStored: 12, HighBit: 11 };
    expect(await shades(words(0xf000, 0xa0ff, 0x00ff, 0x0055), twelve)).toEqual([0, 255, 255, 85]);
    const signed = { ...twelve, PixelRepresentation: 1, WindowCenter: 0, WindowWidth: 256 };
    expect(await shades(words(0x0fff, 0x0000, 0x0800, 0xf07f), signed)).toEqual([127, 128, 0, 255]);
  });

  it('reads 1 bit, the first pixel lowest', async () => {
    const bits = { ...gray, BitsAllocated: 1, BitsStored: 1, HighBit: 0, Columns: 10 };
    expect(await shades(Buffer.from([0b00000101, 0b10]), bits)).toEqual([255, 0, 255, 0, 0, 0, 0, 0, 0, 255]);
  });

  it('reads 8 and 32 bits, and floats with what is not a number', async () => {
    expect(await shades(Buffer.from([0, 1, 2, 4]), eight)).toEqual([0, 64, 128, 255]);
    const long = { ...gray, BitsAllocated: 32, BitsStored: 32, HighBit: 31 };
    expect(await shades(Buffer.from(Uint32Array.of(0, 2 ** 31, 2 ** 32 - 1, 0).buffer), long)).toEqual([
      0, 128, 255, 0,
    ]);
    const float = { ...long, sampleKind: 'float' as const };
    expect(await shades(Buffer.from(Float32Array.of(-1, NaN, 1, 0).buffer), float)).toEqual([0, 0, 255, 128]);
  });

  it('gives nothing for a frame that is a byte short, and reads one that is not aligned', async () => {
    const bytes = Buffer.concat([Buffer.from([9]), words(0, 255, 0, 255)]);
    expect(await shades(bytes.subarray(1), gray)).toEqual([0, 255, 0, 255]);
    expect(await shades(bytes.subarray(2), gray)).toBeUndefined();
  });

  it('gives nothing above the pixel limit', async () => {
    const limit = { ...eight, Rows: 2 ** 13, Columns: 2 ** 13 };
    expect(limit.Rows * limit.Columns).toBe(MAX_PIXELS);
    expect(await shades(Buffer.alloc(0), { ...eight, Rows: 2 ** 13, Columns: 2 ** 13 + 1 })).toBeUndefined();
  });
});

describe('renderFrame, colour', () => {
  it('reads RGB by pixel and by plane', async () => {
    expect(await shades(Buffer.from([1, 2, 3, 4, 5, 6]), rgb)).toEqual([1, 2, 3, 4, 5, 6]);
    const planes = { ...rgb, PlanarConfiguration: 1 };
    expect(await shades(Buffer.from([1, 4, 2, 5, 3, 6]), planes)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('reduces 16-bit colours to 8', async () => {
    const deep = { ...rgb, BitsAllocated: 16, BitsStored: 16, HighBit: 15 };
    expect(await shades(words(0, 257, 514, 65535, 65278, 0), deep)).toEqual([0, 1, 2, 255, 254, 0]);
  });

  it('turns YBR_FULL and YBR_FULL_422 into RGB', async () => {
    const full = { ...rgb, PhotometricInterpretation: 'YBR_FULL' };
    expect(await shades(Buffer.from([76, 85, 255, 255, 128, 128]), full)).toEqual([254, 0, 0, 255, 255, 255]);
    const shared = { ...rgb, PhotometricInterpretation: 'YBR_FULL_422' };
    expect(await shades(Buffer.from([76, 76, 85, 255]), shared)).toEqual([254, 0, 0, 254, 0, 0]);
  });

  it('turns YBR_PARTIAL_422 into RGB', async () => {
    const partial = { ...rgb, PhotometricInterpretation: 'YBR_PARTIAL_422' };
    expect(await shades(Buffer.from([16, 235, 128, 128]), partial)).toEqual([0, 0, 0, 255, 255, 255]);
    const [r, g, b] = (await shades(Buffer.from([81, 81, 90, 240]), partial)) ?? [];
    expect([(r ?? 0) > 250, (g ?? 9) < 5, (b ?? 9) < 5]).toEqual([true, true, true]);
  });

  it('looks colours up in a palette of 16 or 8 bits', async () => {
    const entries = (...values: number[]) => ({ firstMapped: 0, bits: 16, values: Uint16Array.from(values) });
    const indexed = { ...eight, Columns: 2, PhotometricInterpretation: 'PALETTE COLOR' };
    const palette = { red: entries(0xff00, 0), green: entries(0, 0x8000), blue: entries(0, 200) };
    expect(await shades(Buffer.from([0, 1]), { ...indexed, palette })).toEqual([255, 0, 0, 0, 128, 200]);
    expect(await shades(Buffer.from([0, 1]), indexed)).toBeUndefined();
  });

  it('gives nothing for colours it does not know', async () => {
    expect(await shades(Buffer.alloc(6), { ...rgb, PhotometricInterpretation: 'HSV' })).toBeUndefined();
  });
});

describe('renderFrame, overlays', () => {
  const plane = { Rows: 2, Columns: 2, top: 0, left: 0, firstBit: 0 };
  const dark = { ...eight, Rows: 2, Columns: 3, WindowCenter: 128, WindowWidth: 256 };
  const drawn = async (overlay: Partial<Overlay>, bytes = Buffer.alloc(6), description: PixelDescription = dark) => {
    const frame = { bytes, transferSyntaxUID: explicitLittleEndian };
    return [...((await renderFrame(frame, description, { overlays: [{ ...plane, ...overlay }] }))?.pixels ?? [])];
  };

  it('draws set bits white, where they lie on the picture', async () => {
    expect(await drawn({ bits: Uint8Array.of(0b1001) })).toEqual([255, 0, 0, 0, 255, 0]);
    expect(await drawn({ bits: Uint8Array.of(0b1111), top: -1, left: 2 })).toEqual([0, 0, 255, 0, 0, 0]);
    expect(await drawn({ bits: Uint8Array.of(0b10010000), firstBit: 4 })).toEqual([255, 0, 0, 0, 255, 0]);
  });

  it('draws bits that lie above the pixel values, and on colours', async () => {
    const deep = { ...dark, BitsAllocated: 16, BitsStored: 8, HighBit: 7 };
    const embedded = await drawn({ bitPosition: 12, Columns: 3 }, words(0x1000, 0, 0, 0, 0, 0x1009), deep);
    expect(embedded).toEqual([255, 0, 0, 0, 0, 255]);
    expect(await drawn({ Rows: 1, Columns: 2, bits: Uint8Array.of(0b10) }, Buffer.alloc(6), rgb)).toEqual([
      0, 0, 0, 255, 255, 255,
    ]);
  });
});

describe('renderFrame, JPEG', () => {
  const red = { create: { width: 16, height: 16, channels: 3 as const, background: '#ff0000' } };

  it('lets Photometric Interpretation decide what the components are', async () => {
    const jpeg = await sharp(red).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
    const description = { ...rgb, Rows: 16, Columns: 16 };
    const ycbcr = await shades(jpeg, { ...description, PhotometricInterpretation: 'YBR_FULL' }, jpegBaseline);
    expect(ycbcr?.slice(0, 3)).toEqual([254, 0, 0]);
    // Stored values of red are Y 76, CB 85, CR 255.
    expect((await shades(jpeg, description, jpegBaseline))?.slice(0, 3)).toEqual([76, 85, 255]);
  });

  it('takes a stream with a JFIF marker for what ITU-T T.871 says that it holds', async () => {
    const bare = await sharp(red).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
    const jfif = Buffer.from([0xff, 0xe0, 0, 16, ...Buffer.from('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0]);
    const marked = Buffer.concat([bare.subarray(0, 2), jfif, bare.subarray(2)]);
    expect([readJpegMarkers(bare)?.hasJfif, readJpegMarkers(marked)?.hasJfif]).toEqual([false, true]);
    const description = { ...rgb, Rows: 16, Columns: 16 };
    expect((await shades(marked, description, jpegBaseline))?.slice(0, 3)).toEqual([254, 0, 0]);
  });

  it('windows a gray JPEG', async () => {
    const jpeg = await sharp({ create: { width: 16, height: 16, channels: 3, background: '#404040' } })
      .toColourspace('b-w')
      .jpeg({ quality: 100 })
      .toBuffer();
    const description = { ...eight, Rows: 16, Columns: 16, WindowCenter: 64, WindowWidth: 128 };
    expect((await shades(jpeg, description, jpegBaseline))?.[0]).toBeGreaterThan(120);
    const inverted = { ...description, PhotometricInterpretation: 'MONOCHROME1' };
    expect((await shades(jpeg, inverted, jpegBaseline))?.[0]).toBeLessThan(135);
  });

  it('gives nothing for transfer syntaxes that are not decoded', async () => {
    const description = { ...eight, Rows: 64, Columns: 64 };
    expect(await shades(Buffer.alloc(64), description, '1.2.840.10008.1.2.4.100')).toBeUndefined();
    expect(canRender('1.2.840.10008.1.2.4.100')).toBe(false);
    expect(canRender('1.2.840.10008.1.2.4.201')).toBe(true);
  });
});
