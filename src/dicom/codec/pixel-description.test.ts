import { describe, expect, it } from '@jest/globals';
import { elementHeader, ITEM, ITEM_END, itemHeader, SEQUENCE_END } from '../data-set/element-header.js';
import { swapped, type Encoding } from '../data-set/encoding.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import { spell, text, words, type HandMade } from '../testing/hand-made.js';
import { describePixels, lutPaths } from './pixel-description.js';

/** A value, or the items of a sequence; numbers are 16-bit words. */
type Elements = Record<string, [vr: string, value: string | number[] | Elements[]]>;

function encode(elements: Elements, encoding: Encoding): Buffer {
  return Buffer.concat(
    Object.entries(elements).flatMap(([hex, [vr, value]]) => {
      const tag = parseInt(hex, 16);
      if (vr === 'SQ') {
        const items = (value as Elements[]).flatMap((item) => [
          itemHeader(encoding, ITEM, undefined),
          encode(item, encoding),
          itemHeader(encoding, ITEM_END, 0),
        ]);
        return [
          elementHeader(encoding, { tag, vr, byteCount: undefined }),
          ...items,
          itemHeader(encoding, SEQUENCE_END, 0),
        ];
      }
      const bytes =
        typeof value === 'string'
          ? Buffer.from(value.length % 2 === 0 ? value : `${value} `)
          : Buffer.from(Uint16Array.from(value as number[]).buffer);
      const ordered = encoding.bigEndian && typeof value !== 'string' ? swapped(bytes, 2) : bytes;
      return [elementHeader(encoding, { tag, vr, byteCount: bytes.length }), ordered];
    }),
  );
}

const encodings = [
  ['implicit little endian', '1.2.840.10008.1.2', { explicit: false, bigEndian: false }],
  ['explicit little endian', '1.2.840.10008.1.2.1', { explicit: true, bigEndian: false }],
  ['explicit big endian', '1.2.840.10008.1.2.2', { explicit: true, bigEndian: true }],
] as const;

const image: Elements = {
  '00280002': ['US', [1]],
  '00280004': ['CS', 'MONOCHROME1'],
  '00280010': ['US', [20]],
  '00280011': ['US', [30]],
  '00280100': ['US', [16]],
  '00280101': ['US', [12]],
  '00280102': ['US', [11]],
  '00280103': ['US', [1]],
};

function describeElements(elements: Elements, bulk: Record<string, Uint8Array> = {}, frame = 1) {
  const [, transferSyntaxUID, encoding] = encodings[1];
  return describePixels({ dataSet: encode(elements, encoding), transferSyntaxUID }, { frame, bulk });
}

describe('describePixels', () => {
  it('reads objects with the 64-bit value representations of 2019', () => {
    const elements: Elements = { '0008040C': ['UV', [1, 0, 0, 0]], ...image, '7FE00001': ['OV', [0, 0, 0, 0]] };
    expect(describeElements(elements)).toMatchObject({ Rows: 20, Columns: 30, BitsStored: 12 });
    expect(describeElements({ '52009230': ['SQ', [{ '00094321': ['SV', [1, 0, 0, 0]] }]], ...image })?.Rows).toBe(20);
  });

  it.each(encodings)('reads %s', (_, transferSyntaxUID, encoding) => {
    const elements: Elements = {
      ...image,
      '00280120': ['SS', [0xf830]],
      '00281050': ['DS', '40\\600'],
      '00281051': ['DS', '400\\1600'],
      '00281052': ['DS', '-1024'],
      '00281053': ['DS', '2.5'],
      '00281056': ['CS', 'SIGMOID'],
      '00283000': ['SQ', [{ '00283002': ['SS', [3, 0xffff, 16]], '00283006': ['OW', [7, 8, 900]] }]],
    };
    const described = describePixels(
      { dataSet: encode(elements, encoding), transferSyntaxUID },
      { frame: 1, bulk: {} },
    );
    expect(described).toMatchObject({
      Rows: 20,
      Columns: 30,
      SamplesPerPixel: 1,
      PhotometricInterpretation: 'MONOCHROME1',
      BitsAllocated: 16,
      BitsStored: 12,
      HighBit: 11,
      PixelRepresentation: 1,
      sampleKind: 'integer',
      PixelPaddingValue: -2000,
      WindowCenter: 40,
      WindowWidth: 400,
      RescaleIntercept: -1024,
      RescaleSlope: 2.5,
      VOILUTFunction: 'SIGMOID',
      modalityLut: { firstMapped: -1, bits: 16, values: Uint16Array.of(7, 8, 900) },
    });
  });

  it('reads UN in big endian as little endian, as dcmconv does (PS3.5 §6.2.2)', () => {
    const channel = (index: number): HandMade[] => [
      words(0x00281101 + index, 'US', 3, 0, 16),
      words(0x00281201 + index, 'OW', 1, 258, 40_000 + index),
    ];
    const elements = [
      words(0x00280010, 'US', 20),
      words(0x00280011, 'US', 300),
      words(0x00280100, 'US', 16),
      text(0x00281053, 'DS', '2.5'),
      ...[0, 1, 2].flatMap(channel),
    ].sort((a, b) => a.tag - b.tag);
    const described = (made: readonly HandMade[]) =>
      describePixels({ dataSet: spell(made, 'big'), transferSyntaxUID: encodings[2][1] }, { frame: 1, bulk: {} });
    const known = described(elements);
    expect(known).toMatchObject({ Rows: 20, Columns: 300, RescaleSlope: 2.5 });
    expect(known?.palette?.blue.values).toEqual(Uint16Array.of(1, 258, 40_002));
    expect(described(elements.map((element) => ({ ...element, vr: 'UN' })))).toEqual(known);
  });

  it('takes window and rescale of the frame, else those shared by all, else those of the object', () => {
    const group = (center: string, intercept: string): Elements => ({
      '00289132': ['SQ', [{ '00281050': ['DS', center], '00281051': ['DS', '100'] }]],
      '00289145': ['SQ', [{ '00281052': ['DS', intercept], '00281053': ['DS', '1'] }]],
    });
    const plain: Elements = { ...image, '00281050': ['DS', '1'], '00281051': ['DS', '2'] };
    const elements: Elements = {
      ...plain,
      '52009229': ['SQ', [group('50', '5')]],
      '52009230': ['SQ', [{}, group('70', '7')]],
    };
    expect(describeElements(elements, {}, 1)).toMatchObject({ WindowCenter: 50, RescaleIntercept: 5 });
    expect(describeElements(elements, {}, 2)).toMatchObject({ WindowCenter: 70, RescaleIntercept: 7 });
    expect(describeElements(plain)).toMatchObject({ WindowCenter: 1, RescaleIntercept: 0 });
  });

  it('takes a palette from left-out values, and a segmented one', () => {
    const descriptor: Elements[string] = ['US', [4, 0, 16]];
    const elements: Elements = {
      ...image,
      '00280004': ['CS', 'PALETTE COLOR'],
      '00281101': descriptor,
      '00281102': descriptor,
      '00281103': descriptor,
      '00281201': ['OW', []],
      '00281202': ['OW', []],
      '00281223': ['OW', [0, 1, 0, 1, 3, 30]],
    };
    const left = (...values: number[]) => new Uint8Array(Uint16Array.from(values).buffer);
    const bulk = { '00281201': left(1, 2, 3, 4), '00281202': left(5, 6, 7, 8) };
    expect(describeElements(elements, bulk)?.palette).toEqual({
      red: { firstMapped: 0, bits: 16, values: Uint16Array.of(1, 2, 3, 4) },
      green: { firstMapped: 0, bits: 16, values: Uint16Array.of(5, 6, 7, 8) },
      blue: { firstMapped: 0, bits: 16, values: Uint16Array.of(0, 10, 20, 30) },
    });
    expect(describeElements(elements, {})?.palette).toBeUndefined();
  });

  it('gives nothing for an object without rows', () => {
    expect(describeElements({ '00280004': ['CS', 'MONOCHROME2'] })).toBeUndefined();
  });
});

describe('lutPaths', () => {
  it('names the look-up tables among the left-out values', () => {
    const wanted = [
      '00283000/0/00283006',
      '00283010/0/00283006',
      '52009229/0/00289132/0/00283010/0/00283006',
      '00281203',
      '00281221',
    ];
    const bulk = [...wanted, '7FE00010', '00283010/1/00283006', '00281204', '00420011'].map((path) => ({
      path,
      vr: 'OW',
      offset: 0,
      byteCount: 5000,
    }));
    expect(lutPaths({ bulk } as unknown as InstanceHeader)).toEqual(wanted);
  });
});
