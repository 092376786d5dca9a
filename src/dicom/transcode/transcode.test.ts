import { describe, expect, it } from '@jest/globals';
import { bufferSource } from '../../base/byte-source.js';
import { LedgerError } from '../../base/errors.js';
import { encodeFrame } from '../codec/encode-frame.js';
import type { NativeFrame } from '../codec/native-frame.js';
import {
  encapsulated,
  type HandMade,
  image,
  object,
  part10,
  sequence,
  spell,
  text,
  words,
} from '../testing/hand-made.js';
import { frameBytes } from '../data-set/frames.js';
import type { InstanceHeader } from '../data-set/instance-header.js';
import { toDicomJson } from '../metadata/json.js';
import { type Output, writePart10 } from './write-part10.js';
import { scanPart10 } from '../part10/part10.js';
import { collect } from '../data-set/read-range.js';
import { canTranscode, transcodePart10 } from './transcode.js';
import type { ConvertFrame } from './transcode-pixels.js';

async function opened(file: Buffer) {
  const source = bufferSource(file);
  const result = await scanPart10(source);
  if (result.kind === 'refused') throw new Error(result.message);
  return { source, header: result.header };
}

const explicit = '1.2.840.10008.1.2.1';
const jpegLs = '1.2.840.10008.1.2.4.80';
const none = (): never => {
  throw new Error('No frame has to be converted.');
};

async function converted(
  file: Buffer,
  { to = explicit, convert = none }: { to?: string; convert?: ConvertFrame } = {},
): Promise<{ output: Output; bytes: Buffer; dataSet: Buffer }> {
  const { source, header } = await opened(file);
  const output = await transcodePart10(source, header, { to, convert });
  const bytes = await collect(output.open());
  return { output, bytes, dataSet: bytes.subarray((await opened(bytes)).header.dataSetOffset) };
}

const elements = object(
  { tag: 0x00080000, vr: 'UL', value: Buffer.from([1, 0, 0, 0]) },
  text(0x00080005, 'CS', 'ISO_IR 100'),
  text(0x00080060, 'CS', 'OT'),
  sequence(0x00081140, [[text(0x00081150, 'UI', '1.2')], []]),
  text(0x00090010, 'LO', 'ACUSON'),
  text(0x00091000, 'IS', '17'),
  text(0x00100010, 'PN', Buffer.from([0x42, 0xe4])),
  { tag: 0x00189313, vr: 'FD', value: Buffer.from(Float64Array.from([1.5, -2]).buffer) },
  ...image(2, 3, { bits: 16 }),
  words(0x00280106, 'US', 7),
  { tag: 0x00281201, vr: 'OW', value: Buffer.alloc(600_000, Buffer.from([1, 2])) },
  { tag: 0x7fe00010, vr: 'OW', value: Buffer.from([1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0]) },
);

describe('transcodePart10', () => {
  it.each(['implicit', 'big', 'deflated'] as const)(
    'gives the data set of %s byte for byte as explicit little endian',
    async (spelling) => {
      const { output, bytes, dataSet } = await converted(part10(elements, { spelling }));
      expect(dataSet.equals(spell(elements, 'explicit'))).toBe(true);
      expect(output.byteCount).toBe(bytes.length);
    },
  );

  it('writes a File Meta of its own, with what the old one tells of where the file comes from', async () => {
    const old = part10(elements, { spelling: 'implicit', mediaStorageUid: '1.7.7' });
    const source = spell([text(0x00020012, 'UI', '1.2.3'), text(0x00020016, 'AE', 'CT1')], 'explicit');
    const end = 144 + old.readUInt32LE(140);
    const file = Buffer.concat([old.subarray(0, end), source, old.subarray(end)]);
    file.writeUInt32LE(old.readUInt32LE(140) + source.length, 140);
    const { bytes } = await converted(file);
    const meta = spell(
      [
        { tag: 0x00020001, vr: 'OB', value: Buffer.from([0, 1]) },
        text(0x00020002, 'UI', '1.2.840.10008.5.1.4.1.1.7'),
        text(0x00020003, 'UI', '1.2.3.4'),
        text(0x00020010, 'UI', explicit),
        text(0x00020012, 'UI', '2.25.283505383398118077433908601875099221593'),
        text(0x00020013, 'SH', 'DICOM_LEDGER'),
        text(0x00020016, 'AE', 'CT1'),
      ],
      'explicit',
    );
    expect(bytes.readUInt32LE(140)).toBe(meta.length);
    expect(bytes.subarray(144, 144 + meta.length).toString('latin1')).toBe(meta.toString('latin1'));
  });

  it('gives a file that is in explicit little endian already as it is stored', async () => {
    const file = part10(object(sequence(0x00081140, [[]], true)));
    expect((await converted(file)).bytes.equals(file)).toBe(true);
  });

  it('writes sequences of defined length with undefined length', async () => {
    const { dataSet } = await converted(part10(object(sequence(0x00081140, [[]], true)), { spelling: 'implicit' }));
    expect(dataSet.equals(spell(object(sequence(0x00081140, [[]])), 'explicit'))).toBe(true);
  });

  it('writes private elements of an unknown creator as UN, and values too long for their VR', async () => {
    const unknown = [text(0x00090010, 'LO', 'NOBODY'), text(0x00091000, 'IS', '17')];
    const asUn = [unknown[0]!, { ...unknown[1]!, vr: 'UN' }];
    expect((await converted(part10(object(...unknown), { spelling: 'implicit' }))).dataSet).toEqual(
      spell(object(...asUn), 'explicit'),
    );
    const long = (vr: string, byteCount: number) =>
      object({ tag: 0x00104000, vr, value: Buffer.alloc(byteCount, 'x') });
    for (const [byteCount, vr] of [
      [65_534, 'LT'],
      [65_536, 'UN'],
    ] as const) {
      const { dataSet } = await converted(part10(long('LT', byteCount), { spelling: 'implicit' }));
      expect(dataSet.equals(spell(long(vr, byteCount), 'explicit'))).toBe(true);
    }
  });

  it('turns 32-bit pixels as a whole', async () => {
    const value = Buffer.from(Uint32Array.from([1, 2]).buffer);
    const pixels = (bytes: Buffer) => object(...image(1, 2, { bits: 32 }), { tag: 0x7fe00010, vr: 'OW', value: bytes });
    // The hand-made file turns words of 16 bits; exchanged before, they come out as turned 32-bit numbers.
    const exchanged = Buffer.from(Uint16Array.from([0, 1, 0, 2]).buffer);
    const { dataSet } = await converted(part10(pixels(exchanged), { spelling: 'big' }));
    expect(dataSet.equals(spell(pixels(value), 'explicit'))).toBe(true);
  });

  it('makes of an uploaded image the object that it is shown as', async () => {
    const shown = object(...image(1, 2), { tag: 0x7fe00010, vr: 'OB', value: Buffer.alloc(0) });
    for (const transferSyntaxUID of ['1.2.840.10008.1.2.1', '1.2.840.10008.1.2.4.50']) {
      const { header } = await opened(part10(shown, { transferSyntaxUID }));
      const output = await transcodePart10(
        bufferSource(Buffer.from([7, 8])),
        { ...header, source: 'image/png' },
        { to: transferSyntaxUID, convert: none },
      );
      const made = await opened(await collect(output.open()));
      expect(made.header.transferSyntaxUID).toBe(transferSyntaxUID);
      expect((await frameBytes(made.source, made.header, { number: 1 })).bytes).toEqual(Buffer.from([7, 8]));
    }
  });
});

const jpeg = '1.2.840.10008.1.2.4.50';
const colour = {
  Rows: 1,
  Columns: 3,
  SamplesPerPixel: 3,
  BitsAllocated: 8,
  BitsStored: 8,
  HighBit: 7,
  PixelRepresentation: 0,
};
const rgb = (...bytes: number[]): NativeFrame => ({
  ...colour,
  PhotometricInterpretation: 'RGB',
  bytes: Uint8Array.from(bytes),
});
const frames = [rgb(1, 2, 3, 4, 5, 6, 7, 8, 9), rgb(11, 12, 13, 14, 15, 16, 17, 18, 19)];
const givesFrames: ConvertFrame = async (number) => frames[number - 1]!;

/** Of three frames declared, two are there, in JPEG; with tables of where they are, and something after them. */
const ycbcr = (...more: HandMade[]): HandMade[] =>
  object(
    ...image(1, 3, { samples: 3, frames: 3 }),
    text(0x00280004, 'CS', 'YBR_FULL_422'),
    text(0x00282110, 'CS', '01'),
    text(0x00290010, 'LO', 'ACME'),
    words(0x00291001, 'US', 5),
    ...more,
  );
const after = [{ tag: 0xfffcfffc, vr: 'OB', value: Buffer.alloc(4) }];
const compressed = Buffer.concat([
  spell(
    ycbcr(
      { tag: 0x7fe00001, vr: 'OV', value: Buffer.alloc(16) },
      { tag: 0x7fe00002, vr: 'OV', value: Buffer.alloc(16) },
    ),
    'explicit',
  ),
  encapsulated([Buffer.alloc(4), Buffer.alloc(6)]),
  spell(after, 'explicit'),
]);
const file = part10(compressed, { transferSyntaxUID: jpeg });

describe('transcodePart10 with loss', () => {
  const baseline = '1.2.840.10008.1.2.4.50';
  const shades: NativeFrame = {
    bytes: Uint8Array.from({ length: 4096 }, (_, at) => at % 64),
    Rows: 64,
    Columns: 64,
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    BitsAllocated: 8,
    BitsStored: 8,
    HighBit: 7,
    PixelRepresentation: 0,
  };
  const json = async (bytes: Buffer) => toDicomJson((await opened(bytes)).header, { bulkDataUri: (at) => at });
  const lossy = (...more: HandMade[]) =>
    part10(object(...image(64, 64), ...more, { tag: 0x7fe00010, vr: 'OB', value: Buffer.from(shades.bytes) }));
  const convert = () => encodeFrame(shades, baseline);

  it('says that it lost something, by how much and by which method', async () => {
    const { bytes } = await converted(lossy(), { to: baseline, convert });
    const given = await json(bytes);
    expect(given['00282110']?.Value).toEqual(['01']);
    expect(given['00282114']?.Value).toEqual(['ISO_10918_1']);
    const { frames } = (await opened(bytes)).header;
    const [[, byteCount]] = (frames?.kind === 'encapsulated' ? frames.frames[0] : undefined) as [[number, number]];
    expect(Number(given['00282112']?.Value?.[0])).toBeCloseTo(4096 / byteCount, 1);
    expect(Number(given['00282112']?.Value?.[0])).toBeGreaterThan(1);
  });

  it('keeps what was lost before', async () => {
    const before = [text(0x00282110, 'CS', '01'), text(0x00282112, 'DS', '7.5'), text(0x00282114, 'CS', 'ISO_15444_1')];
    const given = await json((await converted(lossy(...before), { to: baseline, convert })).bytes);
    expect(given['00282112']?.Value?.[0]).toBe(7.5);
    expect(given['00282112']?.Value).toHaveLength(2);
    expect(given['00282114']?.Value).toEqual(['ISO_15444_1', 'ISO_10918_1']);
    const exact = await json(
      (await converted(lossy(), { to: jpegLs, convert: () => encodeFrame(shades, jpegLs) })).bytes,
    );
    expect(exact['00282110']).toBeUndefined();
  });
});

describe('transcodePart10 of files that are not as they should be', () => {
  const sound = part10(elements);

  it('gives a file without the zeros after its data set', async () => {
    for (const zeros of [8, 5000]) {
      const { output, bytes } = await converted(Buffer.concat([sound, Buffer.alloc(zeros)]));
      expect(bytes.equals(sound)).toBe(true);
      expect(output.byteCount).toBe(sound.length);
    }
    // Zeros that belong to it.
    const dark = part10(object(...image(2, 8), { tag: 0x7fe00010, vr: 'OB', value: Buffer.alloc(16) }));
    expect((await converted(dark)).bytes.equals(dark)).toBe(true);
    const last = part10(object({ tag: 0x7fe10010, vr: 'OB', value: Buffer.alloc(16) }));
    expect((await converted(last)).bytes.equals(last)).toBe(true);
    const coded = Buffer.concat([
      part10(Buffer.concat([spell(object(...image(2, 3)), 'explicit'), encapsulated([Buffer.alloc(4)])]), {
        transferSyntaxUID: jpegLs,
      }),
      Buffer.alloc(512),
    ]);
    expect((await converted(coded, { to: jpegLs })).bytes.equals(coded.subarray(0, -512))).toBe(true);
  });

  it('puts the preamble before a file that has none', async () => {
    expect((await converted(sound.subarray(132))).bytes.equals(sound)).toBe(true);
    expect((await converted(sound.subarray(128))).bytes.equals(sound)).toBe(true);
  });

  it('leaves out a second File Meta, with which a data set begins', async () => {
    const second = [text(0x00020010, 'UI', '1.2.840.10008.1.2.1'), text(0x00020013, 'SH', 'SECOND')];
    const coded = Buffer.concat([spell(object(...image(2, 3)), 'explicit'), encapsulated([Buffer.alloc(4, 1)])]);
    for (const [to, dataSet, spelling] of [
      [explicit, spell(elements, 'explicit'), 'explicit'],
      ['1.2.840.10008.1.2', spell(elements, 'implicit'), 'implicit'],
      [jpegLs, coded, 'explicit'],
    ] as const) {
      const [wanted, file] = [dataSet, Buffer.concat([spell(second, spelling), dataSet])].map((bytes) =>
        part10(bytes, { transferSyntaxUID: to }),
      );
      const { output, bytes } = await converted(file!, { to });
      expect(bytes.equals(wanted!)).toBe(true);
      expect(output.byteCount).toBe(wanted!.length);
    }
  });

  it('takes native pixels out of their item', async () => {
    const pixels = { tag: 0x7fe00010, vr: 'OB', value: Buffer.from([1, 2, 3, 4]) };
    const wrapped = part10(
      Buffer.concat([spell(object(...image(2, 2)), 'explicit'), encapsulated([], Buffer.from([1, 2, 3, 4]))]),
    );
    expect((await converted(wrapped)).dataSet.equals(spell(object(...image(2, 2), pixels), 'explicit'))).toBe(true);
  });
});

describe('transcodePart10 of compressed pixels', () => {
  it('changes what the new pixels leave untrue, and nothing else', async () => {
    const { dataSet, output, bytes } = await converted(file, { convert: givesFrames });
    const expected = ycbcr(words(0x00280006, 'US', 0)).map((element) => {
      if (element.tag === 0x00280004) return text(0x00280004, 'CS', 'RGB');
      return element.tag === 0x00280008 ? text(0x00280008, 'IS', '2') : element;
    });
    const pixels = { tag: 0x7fe00010, vr: 'OB', value: Buffer.concat(frames.map((frame) => frame.bytes)) };
    expect(dataSet.equals(spell([...expected, pixels, ...after], 'explicit'))).toBe(true);
    expect(output.byteCount).toBe(bytes.length);
  });

  it('fills an odd number of bytes up', async () => {
    const one = Buffer.concat([
      spell(object(...image(1, 3, { samples: 3 })), 'explicit'),
      encapsulated([Buffer.alloc(4)]),
    ]);
    const { dataSet, output, bytes } = await converted(part10(one, { transferSyntaxUID: jpeg }), {
      convert: givesFrames,
    });
    expect(dataSet.subarray(-10)).toEqual(Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 0]));
    expect(output.byteCount).toBe(bytes.length);
  });

  it('writes one fragment for each frame, from any encoding', async () => {
    const native = object(...image(1, 3, { samples: 3, frames: 2 }), text(0x00280004, 'CS', 'RGB'), {
      tag: 0x7fe00010,
      vr: 'OB',
      value: Buffer.alloc(18),
    });
    for (const given of [
      file,
      ...(['implicit', 'big', 'deflated'] as const).map((spelling) => part10(native, { spelling })),
    ]) {
      const { output, bytes } = await converted(given, { to: jpegLs, convert: givesFrames });
      const { source, header } = await opened(bytes);
      expect(output.byteCount).toBeUndefined();
      expect(header.transferSyntaxUID).toBe(jpegLs);
      for (const number of [1, 2])
        expect((await frameBytes(source, header, { number })).bytes).toEqual(
          Buffer.concat([frames[number - 1]!.bytes, Buffer.alloc(1)]),
        );
    }
  });

  it('knows the length of a single compressed frame', async () => {
    const one = object(...image(1, 3, { samples: 3 }), { tag: 0x7fe00010, vr: 'OB', value: Buffer.alloc(10) });
    const { output, bytes } = await converted(part10(one), { to: jpegLs, convert: givesFrames });
    expect(output.byteCount).toBe(bytes.length);
  });

  it('fails at once without its first frame, and breaks off at a later one', async () => {
    const { source, header } = await opened(file);
    const broken = new LedgerError('corrupt', 'The stream cannot be decoded.');
    const without =
      (missing: number): ConvertFrame =>
      async (number) => {
        if (number === missing) throw broken;
        return frames[0]!;
      };
    await expect(transcodePart10(source, header, { to: explicit, convert: without(1) })).rejects.toBe(broken);
    const output = await transcodePart10(source, header, { to: explicit, convert: without(2) });
    await expect(collect(output.open())).rejects.toBe(broken);
  });

  it.each<[string, Partial<NativeFrame>]>([
    ['size', { Rows: 3, Columns: 1 }],
    ['colour space', { PhotometricInterpretation: 'YBR_FULL' }],
    ['length', { bytes: new Uint8Array(8) }],
  ])('breaks off at a frame of another %s', async (_what, other) => {
    const { source, header } = await opened(file);
    const convert: ConvertFrame = async (number) => ({ ...frames[0]!, ...(number === 2 && other) });
    const output = await transcodePart10(source, header, { to: explicit, convert });
    await expect(collect(output.open())).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('refuses pixels that are longer than one value', async () => {
    const { source, header } = await opened(file);
    const bytes = { length: 0x80000000 } as Uint8Array;
    const convert: ConvertFrame = async () => ({ ...frames[0]!, bytes });
    await expect(transcodePart10(source, header, { to: explicit, convert })).rejects.toMatchObject({
      code: 'not-acceptable',
    });
  });

  it('refuses fragments that it cannot tell apart, and an icon in fragments', async () => {
    const many = [Buffer.alloc(2), Buffer.alloc(2), Buffer.alloc(2), Buffer.alloc(2)];
    const unclear = Buffer.concat([spell(ycbcr(), 'explicit'), encapsulated(many)]);
    const icon = Buffer.concat([
      spell(object(), 'explicit'),
      // Icon Image Sequence (0088,0200), one item of undefined length.
      Buffer.from('880000025351' + '0000ffffffff' + 'feff00e0ffffffff', 'hex'),
      encapsulated([Buffer.alloc(2)]),
      Buffer.from('feff0de000000000' + 'feffdde000000000', 'hex'),
      encapsulated([Buffer.alloc(4)]),
    ]);
    for (const dataSet of [unclear, icon]) {
      const given = part10(dataSet, { transferSyntaxUID: jpeg });
      await expect(converted(given, { convert: givesFrames })).rejects.toMatchObject({ code: 'not-acceptable' });
    }
  });

  it.each([1, 3])('refuses %i fragments of one or two frames in a transfer syntax that knows none', async (count) => {
    const dataSet = Buffer.concat([
      spell(object(...image(1, 3, { frames: count === 1 ? 1 : 2 })), 'explicit'),
      encapsulated(Array.from({ length: count }, () => Buffer.alloc(2))),
    ]);
    const given = part10(dataSet, { transferSyntaxUID: '1.2.840.10008.1.2' });
    await expect(converted(given)).rejects.toMatchObject({ code: 'not-acceptable' });
  });

  it('makes of an uploaded JPEG an object with decoded pixels', async () => {
    const shown = object(...image(1, 3, { samples: 3 }), text(0x00280004, 'CS', 'YBR_FULL_422'), {
      tag: 0x7fe00010,
      vr: 'OB',
      value: Buffer.alloc(0),
    });
    const { header } = await opened(part10(shown));
    const uploaded: InstanceHeader = {
      ...header,
      source: 'image/jpeg',
      transferSyntaxUID: jpeg,
      fileMeta: Buffer.alloc(0),
      dataSetOffset: 0,
      bulk: [{ path: '7FE00010', vr: 'OB', offset: 0, byteCount: 3 }],
      frames: { kind: 'encapsulated', frames: [[[0, 3]]] },
    };
    const output = await transcodePart10(bufferSource(Buffer.alloc(3)), uploaded, {
      to: explicit,
      convert: givesFrames,
    });
    const made = await opened(await collect(output.open()));
    expect((await frameBytes(made.source, made.header, { number: 1 })).bytes).toEqual(Buffer.from(frames[0]!.bytes));
    expect(toDicomJson(made.header, { bulkDataUri: (path) => path })['00280004']).toEqual({ vr: 'CS', Value: ['RGB'] });
  });
});

describe('canTranscode', () => {
  const [j2k, mpeg, rle] = ['1.2.840.10008.1.2.4.90', '1.2.840.10008.1.2.4.102', '1.2.840.10008.1.2.5'];
  it.each<[string, string, number, number, boolean]>([
    ['1.2.840.10008.1.2', explicit, 0, 0, true],
    [mpeg, mpeg, 8, 3, true],
    [mpeg, explicit, 8, 3, false],
    ['1.2.3', explicit, 8, 1, false],
    [rle, explicit, 32, 1, true],
    [rle, j2k, 16, 1, true],
    [explicit, jpegLs, 8, 3, true],
    [explicit, jpegLs, 8, 4, false],
    [explicit, jpegLs, 1, 1, false],
    [explicit, jpegLs, 32, 1, false],
    [explicit, jpegLs, 0, 0, false],
    [jpegLs, rle, 8, 1, true],
    [explicit, jpeg, 8, 1, true],
    [explicit, jpeg, 16, 1, false],
    [explicit, '1.2.840.10008.1.2', 8, 1, false],
  ])('from %s to %s, %s bits and %s samples: %s', (from, to, BitsAllocated, SamplesPerPixel, expected) => {
    expect(canTranscode({ from, to, BitsAllocated, SamplesPerPixel })).toBe(expected);
  });
});

describe('writePart10', () => {
  const shown = object(...image(1, 3), sequence(0x00081140, [[text(0x00081150, 'UI', '1.2')]]), {
    tag: 0x7fe00010,
    vr: 'OB',
    value: Buffer.alloc(0),
  });
  const write = async (kind: 'native' | 'encapsulated', bytes: Buffer, transferSyntaxUID: string) => {
    const { header } = await opened(part10(shown, { transferSyntaxUID }));
    const output = writePart10(
      { ...header, source: 'image/jpeg' },
      {
        kind,
        byteCount: bytes.length,
        open: async function* () {
          yield bytes;
        },
      },
    );
    const file = await collect(output.open());
    expect(file.length).toBe(output.byteCount);
    return opened(file);
  };

  it.each([
    ['native', '1.2.840.10008.1.2.1'],
    ['encapsulated', '1.2.840.10008.1.2.4.50'],
  ] as const)('puts %s pixels of odd length into a file that reads as the header did', async (kind, syntax) => {
    const { header, source } = await write(kind, Buffer.from([7, 8, 9]), syntax);
    const at = header.frames?.kind === 'native' ? header.frames.offset : header.frames?.frames[0]?.[0]?.[0];
    expect(await source.read(at!, 4)).toEqual(Buffer.from([7, 8, 9, 0]));
    expect(header.transferSyntaxUID).toBe(syntax);
    expect(toDicomJson(header, { bulkDataUri: (path) => path })).toMatchObject({
      '00081140': { Value: [{ '00081150': { Value: ['1.2'] } }] },
      '7FE00010': { vr: 'OB', BulkDataURI: '7FE00010' },
    });
  });
});
