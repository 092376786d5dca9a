import { describe, expect, it } from '@jest/globals';
import { decodeFrame } from './decode-frame.js';
import { canEncode, encodeFrame } from './encode-frame.js';
import { requireKnownAnswers } from './known-answers.js';
import type { NativeFrame } from './native-frame.js';
import { ENCODABLE } from '../../standard/transfer-syntaxes.js';
import { openWasmCodecs } from './wasm-codecs.js';
import { rgbToYbr } from './ybr.js';

const rle = '1.2.840.10008.1.2.5';
const jpegBaseline = '1.2.840.10008.1.2.4.50';
const jpegLosslessAny = '1.2.840.10008.1.2.4.57';
const jpegLossless = '1.2.840.10008.1.2.4.70';
const jpegLs = '1.2.840.10008.1.2.4.80';
const jpeg2000 = '1.2.840.10008.1.2.4.90';
const htj2k = '1.2.840.10008.1.2.4.201';

interface Options {
  bits: number;
  BitsAllocated: number;
  isSigned: boolean;
  colour: boolean;
  Rows: number;
  Columns: number;
}

/** A frame of waves with flat places, and noise in its last rows; values fill `bits`. */
function made(options: Partial<Options> = {}): NativeFrame {
  const { bits = 16, isSigned = false, colour = false, Rows = 40, Columns = 48 } = options;
  const { BitsAllocated = bits > 16 ? 32 : bits > 8 ? 16 : 8 } = options;
  const SamplesPerPixel = colour ? 3 : 1;
  const length = Rows * Columns * SamplesPerPixel;
  const samples =
    BitsAllocated === 8
      ? new Uint8Array(length)
      : BitsAllocated === 16
        ? new Uint16Array(length)
        : new Uint32Array(length);
  const top = 2 ** bits - 1;
  let state = 1;
  const noise = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const value = (row: number, column: number, sample: number) => {
    const share = row > Rows - 5 ? noise() : row < 6 ? 0.5 : (Math.sin(column / 9 + row / 7 + sample) + 1) / 2;
    const shade = Math.round(share * top);
    return isSigned ? shade - 2 ** (bits - 1) : shade;
  };
  for (let index = 0; index < length; index++) {
    const pixel = Math.floor(index / SamplesPerPixel);
    samples[index] = value(Math.floor(pixel / Columns), pixel % Columns, index % SamplesPerPixel);
  }
  return {
    bytes: new Uint8Array(samples.buffer),
    Rows,
    Columns,
    SamplesPerPixel,
    PhotometricInterpretation: colour ? 'RGB' : 'MONOCHROME2',
    BitsAllocated,
    BitsStored: bits,
    HighBit: bits - 1,
    PixelRepresentation: isSigned ? 1 : 0,
  };
}

describe('encodeFrame and decodeFrame', () => {
  it.each([...ENCODABLE])('keep every bit in %s', async (transferSyntaxUID) => {
    const frames = [
      made({ bits: 8 }),
      made({ bits: 8, colour: true }),
      made({ bits: 10 }),
      made({ bits: 12 }),
      made({ bits: 12, isSigned: true }),
      made({ bits: 16 }),
      made({ bits: 16, isSigned: true }),
      made({ bits: 8, BitsAllocated: 16 }),
      made({ bits: 1, Columns: 47 }),
      // Bits above the stored ones: an overlay.
      { ...made({ bits: 16 }), BitsStored: 12, HighBit: 11 },
    ];
    for (const frame of frames) {
      const encoded = await encodeFrame(frame, transferSyntaxUID);
      const decoded = await decodeFrame(encoded.bytes, { ...encoded, transferSyntaxUID });
      expect(decoded).toEqual(frame);
    }
  });

  it('tell RGB in JPEG 2000 as YBR_RCT', async () => {
    const frame = made({ bits: 8, colour: true });
    expect((await encodeFrame(frame, jpeg2000)).PhotometricInterpretation).toBe('YBR_RCT');
    expect((await encodeFrame(frame, htj2k)).PhotometricInterpretation).toBe('YBR_RCT');
    expect((await encodeFrame(frame, jpegLs)).PhotometricInterpretation).toBe('RGB');
  });

  it('keep 16-bit colour and 32 bits where the coder can, and refuse them elsewhere', async () => {
    const long = made({ bits: 32 });
    const deep = made({ bits: 16, colour: true });
    for (const [frame, able] of [
      [long, [rle]],
      [deep, [rle, jpegLosslessAny, jpegLossless, jpegLs]],
    ] as const) {
      expect([...ENCODABLE].filter((syntax) => canEncode(frame, syntax))).toEqual(able);
      for (const transferSyntaxUID of able) {
        const { bytes } = await encodeFrame(frame, transferSyntaxUID);
        expect((await decodeFrame(bytes, { ...frame, transferSyntaxUID })).bytes).toEqual(frame.bytes);
      }
    }
    await expect(encodeFrame(long, jpegLs)).rejects.toMatchObject({ code: 'not-acceptable' });
    expect(canEncode({ BitsAllocated: 1, SamplesPerPixel: 1 }, rle)).toBe(false);
  });

  it('come near in JPEG Baseline, of 8 bits in gray and in colour, and say by which method it is lossy', async () => {
    const smooth = made({ bits: 8 });
    const colour = made({ bits: 8, colour: true });
    const ybr = { ...colour, bytes: rgbToYbr(colour.bytes), PhotometricInterpretation: 'YBR_FULL' };
    for (const frame of [smooth, colour, ybr]) {
      const encoded = await encodeFrame(frame, jpegBaseline);
      expect(encoded.lossyMethod).toBe('ISO_10918_1');
      expect(encoded.PhotometricInterpretation).toBe(frame.SamplesPerPixel === 3 ? 'YBR_FULL' : 'MONOCHROME2');
      const decoded = await decodeFrame(encoded.bytes, { ...encoded, transferSyntaxUID: jpegBaseline });
      const wanted = frame === ybr ? colour : frame;
      const differences = wanted.bytes.map((sample, at) => Math.abs(sample - decoded.bytes[at]!));
      expect(differences.reduce((sum, difference) => sum + difference, 0) / differences.length).toBeLessThan(3);
    }
    expect(canEncode({ BitsAllocated: 16, SamplesPerPixel: 1 }, jpegBaseline)).toBe(false);
    expect(canEncode({ BitsAllocated: 8, SamplesPerPixel: 4 }, jpegBaseline)).toBe(false);
    for (const other of [{ PhotometricInterpretation: 'PALETTE COLOR' }, { PixelRepresentation: 1 }, { BitsStored: 7 }])
      await expect(encodeFrame({ ...smooth, ...other }, jpegBaseline)).rejects.toMatchObject({
        code: 'not-acceptable',
      });
  });
});

describe('decodeFrame', () => {
  it('refuses a stream of other dimensions than the data set', async () => {
    for (const transferSyntaxUID of [jpegLossless, jpegLs, jpeg2000, htj2k]) {
      const frame = made();
      const { bytes } = await encodeFrame(frame, transferSyntaxUID);
      const decode = (other: Partial<NativeFrame>) => decodeFrame(bytes, { ...frame, ...other, transferSyntaxUID });
      const refused = /its 48 × 40 pixels of 1 samples are not/;
      await expect(decode({ Rows: 41 })).rejects.toThrow(refused);
      await expect(decode({ Columns: 47 })).rejects.toThrow(refused);
      await expect(decode({ SamplesPerPixel: 3 })).rejects.toThrow(refused);
      await expect(decode({ BitsAllocated: 8 })).rejects.toMatchObject({ code: 'corrupt' });
    }
    const { bytes } = await encodeFrame(made(), rle);
    await expect(decodeFrame(bytes, { ...made(), Rows: 41, transferSyntaxUID: rle })).rejects.toThrow('too early');
    await expect(decodeFrame(bytes, { ...made({ bits: 8 }), transferSyntaxUID: rle })).rejects.toThrow(
      '2 RLE segments',
    );
  });

  it('refuses a stream of more pixels than are decoded, whatever the data set says', async () => {
    const huge = Buffer.from('ffd8fff7000b08ffffffff01011100ffda0008010100000000', 'hex');
    const image = { ...made({ bits: 8 }), Rows: 65535, Columns: 65535, transferSyntaxUID: jpegLs };
    await expect(decodeFrame(huge, image)).rejects.toThrow('65535 × 65535 pixels are more than are decoded');
  });

  it('refuses streams that are cut off or empty, and is right with the next one', async () => {
    const frame = made();
    for (const transferSyntaxUID of ENCODABLE) {
      const image = { ...frame, transferSyntaxUID };
      const { bytes } = await encodeFrame(frame, transferSyntaxUID);
      for (const byteCount of [0, 1, 20, bytes.length >> 1, bytes.length - 40]) {
        await expect(decodeFrame(bytes.subarray(0, byteCount), image)).rejects.toMatchObject({ code: 'corrupt' });
      }
      expect((await decodeFrame(bytes, image)).bytes).toEqual(frame.bytes);
    }
  });

  it('takes the sign from a JPEG 2000 stream', async () => {
    const frame = made({ bits: 12, isSigned: true });
    const { bytes } = await encodeFrame(frame, jpeg2000);
    const told = { ...frame, PixelRepresentation: 0, transferSyntaxUID: jpeg2000 };
    expect(await decodeFrame(bytes, told)).toEqual(frame);
  });

  it('does not know video', async () => {
    const image = { ...made(), transferSyntaxUID: '1.2.840.10008.1.2.4.102' };
    await expect(decodeFrame(Buffer.alloc(4), image)).rejects.toMatchObject({ code: 'not-acceptable' });
  });
});

describe('requireKnownAnswers', () => {
  const families = ['Jpeg', 'Jpeg2000', 'HtJpeg2000'] as const;

  it('accepts the codecs that are installed', async () => {
    const codecs = await openWasmCodecs();
    for (const family of families) requireKnownAnswers(codecs, family);
  });

  it('refuses a codec that is one off in one sample', async () => {
    const codecs = await openWasmCodecs();
    for (const family of families) {
      const wrong = (...parameters: Parameters<typeof codecs.decode>) => {
        const samples = codecs.decode(...parameters);
        samples[samples.length - 1]! ^= 1;
        return samples;
      };
      expect(() => requireKnownAnswers({ decode: wrong }, family)).toThrow('decodes a known picture wrongly');
    }
  });
});
