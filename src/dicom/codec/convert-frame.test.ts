import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { TRANSFER_SYNTAXES } from '../../standard/transfer-syntaxes.js';
import { convertFrame } from './convert-frame.js';
import { decodeFrame } from './decode-frame.js';
import type { PixelDescription } from './pixel-description.js';
import { encodeRle } from './rle.js';

const EXPLICIT = TRANSFER_SYNTAXES.ExplicitVRLittleEndian.uid;
const BASELINE = TRANSFER_SYNTAXES.JPEGBaseline8Bit.uid;
const RLE = TRANSFER_SYNTAXES.RLELossless.uid;
const JPEG_LS = TRANSFER_SYNTAXES.JPEGLSLossless.uid;
const JPEG_2000 = TRANSFER_SYNTAXES.JPEG2000Lossless.uid;

const colour: PixelDescription = {
  Rows: 8,
  Columns: 8,
  SamplesPerPixel: 3,
  PhotometricInterpretation: 'RGB',
  BitsAllocated: 8,
  BitsStored: 8,
  HighBit: 7,
  PixelRepresentation: 0,
  PlanarConfiguration: 0,
  sampleKind: 'integer',
  RescaleSlope: 1,
  RescaleIntercept: 0,
  VOILUTFunction: 'LINEAR',
};
const GREEN = [96, 207, 28];
/** The luminance and colour differences of it (ITU-T T.871 §7). */
const GREEN_AS_YBR = [153, 57, 87];

const repeated = (pixel: readonly number[], count = 64) => Array.from({ length: count }, () => pixel).flat();

async function jpeg(options: { chromaSubsampling: string }): Promise<Buffer> {
  const raw = { width: 8, height: 8, channels: 3 as const };
  return sharp(Buffer.from(repeated(GREEN)), { raw })
    .jpeg({ quality: 100, ...options })
    .toBuffer();
}

const described = async (bytes: Uint8Array, transferSyntaxUID: string, description: PixelDescription, to = EXPLICIT) =>
  convertFrame({ bytes, transferSyntaxUID }, description, { to, layout: 'described' });

const near = (bytes: Uint8Array, wanted: readonly number[]): void => {
  expect(bytes).toHaveLength(wanted.length);
  expect(Math.max(...wanted.map((sample, at) => Math.abs(sample - bytes[at]!)))).toBeLessThanOrEqual(2);
};

describe('convertFrame', () => {
  it('gives planes where the data set says planes', async () => {
    const pixels = Uint8Array.from({ length: 192 }, (_, at) => at);
    const packed = encodeRle(pixels, { Columns: 8, SamplesPerPixel: 3, sampleBytes: 1 });
    const planar = { ...colour, PlanarConfiguration: 1 };
    const planes = [0, 1, 2].flatMap((sample) => Array.from({ length: 64 }, (_, at) => 3 * at + sample));
    expect([...(await described(packed, RLE, planar)).bytes]).toEqual(planes);
    expect([...(await described(packed, RLE, colour)).bytes]).toEqual([...pixels]);
    const byPixel = await convertFrame({ bytes: packed, transferSyntaxUID: RLE }, planar, {
      to: EXPLICIT,
      layout: 'by-pixel',
    });
    expect([...byPixel.bytes]).toEqual([...pixels]);
  });

  it('gives luminance and colour differences where the data set says so', async () => {
    const stream = await jpeg({ chromaSubsampling: '4:4:4' });
    const full = { ...colour, PhotometricInterpretation: 'YBR_FULL' };
    near((await described(stream, BASELINE, full)).bytes, repeated(GREEN_AS_YBR));
    const planar = { ...full, PlanarConfiguration: 1 };
    near(
      (await described(stream, BASELINE, planar)).bytes,
      GREEN_AS_YBR.flatMap((sample) => repeated([sample])),
    );
    near(
      (await convertFrame({ bytes: stream, transferSyntaxUID: BASELINE }, full, { to: EXPLICIT, layout: 'by-pixel' }))
        .bytes,
      repeated(GREEN),
    );
  });

  it.each(['4:4:4', '4:2:0'])(
    'shares colours among two pixels where the data set says so, of a JPEG of %s',
    async (chromaSubsampling) => {
      const shared = { ...colour, PhotometricInterpretation: 'YBR_FULL_422' };
      const [y, cb, cr] = GREEN_AS_YBR as [number, number, number];
      near((await described(await jpeg({ chromaSubsampling }), BASELINE, shared)).bytes, repeated([y, y, cb, cr], 32));
    },
  );

  it('gives the colours that the data set names, of a JPEG that says that it has others', async () => {
    const bare = await jpeg({ chromaSubsampling: '4:4:4' });
    const adobe = Buffer.from([0xff, 0xee, 0, 14, ...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, 0]);
    const stream = Buffer.concat([bare.subarray(0, 2), adobe, bare.subarray(2)]);
    // Its RGB is what the other test has as YBR.
    const [r, g, b] = GREEN_AS_YBR as [number, number, number];
    const ybr = [
      0.299 * r + 0.587 * g + 0.114 * b,
      128 - 0.168736 * r - 0.331264 * g + 0.5 * b,
      128 + 0.5 * r - 0.418688 * g - 0.081312 * b,
    ];
    near(
      (await described(stream, BASELINE, { ...colour, PhotometricInterpretation: 'YBR_FULL' })).bytes,
      repeated(ybr),
    );
    near((await described(await jpeg({ chromaSubsampling: '4:2:0' }), BASELINE, colour)).bytes, repeated(GREEN));
  });

  it.each([JPEG_LS, JPEG_2000])('compresses the colours that the data set names, in %s', async (to) => {
    const shared = { ...colour, PhotometricInterpretation: 'YBR_FULL_422' };
    const { bytes } = await described(await jpeg({ chromaSubsampling: '4:4:4' }), BASELINE, shared, to);
    const back = await decodeFrame(bytes, { ...shared, transferSyntaxUID: to });
    near(back.bytes, repeated(GREEN_AS_YBR));
  });

  it('compresses uncompressed colours that two pixels share, and RGB under a name of JPEG 2000', async () => {
    const [y, cb, cr] = GREEN_AS_YBR as [number, number, number];
    const shared = { ...colour, PhotometricInterpretation: 'YBR_FULL_422' };
    const native = (bytes: number[], description: PixelDescription) =>
      convertFrame({ bytes: Uint8Array.from(bytes), transferSyntaxUID: EXPLICIT }, description, {
        to: JPEG_LS,
        layout: 'by-pixel',
      });
    const wide = await native(repeated([y, y, cb, cr], 32), shared);
    expect(wide.PhotometricInterpretation).toBe('YBR_FULL');
    near((await decodeFrame(wide.bytes, { ...wide, transferSyntaxUID: JPEG_LS })).bytes, repeated(GREEN_AS_YBR));
    expect((await native(repeated(GREEN_AS_YBR), shared)).PhotometricInterpretation).toBe('YBR_FULL');
    const rct = await native(repeated(GREEN), { ...colour, PhotometricInterpretation: 'YBR_RCT' });
    expect(rct.PhotometricInterpretation).toBe('RGB');
  });
});
