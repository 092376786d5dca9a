import { describe, expect, it } from '@jest/globals';
import { bufferSource } from '../../base/byte-source.js';
import { TRANSFER_SYNTAXES } from '../../standard/transfer-syntaxes.js';
import { encodeRle } from '../codec/rle.js';
import { bulkValue } from '../data-set/bulk-value.js';
import { frameBytes, frameCount } from '../data-set/frames.js';
import { collect } from '../data-set/read-range.js';
import { toDicomJson } from '../metadata/json.js';
import {
  encapsulated,
  image,
  object,
  offsets,
  part10,
  spell,
  text,
  words,
  type HandMade,
} from '../testing/hand-made.js';
import { filesOfKind } from '../testing/reported-files.js';
import { scanPart10 } from './part10.js';

const RLE = TRANSFER_SYNTAXES.RLELossless.uid;
const EXPLICIT = TRANSFER_SYNTAXES.ExplicitVRLittleEndian.uid;

async function opened(file: Buffer) {
  const source = bufferSource(file);
  const result = await scanPart10(source);
  if (result.kind === 'refused') throw new Error(result.message);
  const { header, warnings } = result;
  return {
    header,
    warnings,
    json: toDicomJson(header, { bulkDataUri: (at) => at }),
    count: frameCount(header.frames),
    frame: (number: number) => frameBytes(source, header, { number }),
    bulk: async (path: string) => collect((await bulkValue(source, header, path)).open()),
  };
}

const gray = [text(0x00280004, 'CS', 'MONOCHROME2')];
const pixels: HandMade = { tag: 0x7fe00010, vr: 'OW', value: Buffer.from([1, 2, 3, 4]) };

/** A file whose File Meta is written with `meta` in place of the group that `part10` writes. */
function withMeta(file: Buffer, meta: Buffer): Buffer {
  const end = 144 + file.readUInt32LE(140);
  return Buffer.concat([file.subarray(0, 132), meta, file.subarray(end)]);
}

function metaOf(transferSyntaxUID: string, spelling: 'implicit' | 'explicit'): Buffer {
  const meta = spell(
    [
      { tag: 0x00020001, vr: 'OB', value: Buffer.from([0, 1]) },
      text(0x00020002, 'UI', '1.2.840.10008.5.1.4.1.1.7'),
      text(0x00020003, 'UI', '1.2.3.4'),
      text(0x00020010, 'UI', transferSyntaxUID),
    ],
    spelling,
  );
  return Buffer.concat([spell([{ tag: 0x00020000, vr: 'UL', value: offsets(meta.length) }], spelling), meta]);
}

describe('scanPart10 of unusual File Meta', () => {
  it('ends the File Meta at its group length: a second one in the data set says nothing', async () => {
    const packed = encodeRle(Buffer.from([1, 2, 3, 4]), { Columns: 2, SamplesPerPixel: 1, sampleBytes: 1 });
    const dataSet = [spell(object(...image(2, 2), ...gray), 'explicit'), encapsulated([Buffer.from(packed)])];
    const second = metaOf(EXPLICIT, 'explicit');
    const made = [second, second.subarray(12), spell([text(0x00020010, 'UI', EXPLICIT)], 'explicit')].map((group) =>
      part10(Buffer.concat([group, ...dataSet]), { transferSyntaxUID: RLE }),
    );
    for (const file of filesOfKind('second-file-meta-in-data-set', made)) {
      const { header, json, count, frame, warnings } = await opened(file);
      expect(header.transferSyntaxUID).toBe(RLE);
      expect(count).toBe(1);
      expect((await frame(1)).bytes.readUInt32LE(0)).toBe(1);
      expect(Object.keys(json).filter((tag) => tag.startsWith('0002'))).toEqual([]);
      expect(warnings.join()).toMatch(/File Meta/);
    }
  });

  it('reads a data set in implicit VR that begins with a second File Meta', async () => {
    const file = part10(Buffer.concat([metaOf(EXPLICIT, 'implicit'), spell(object(), 'implicit')]), {
      spelling: 'implicit',
    });
    expect((await opened(file)).json['0020000E']).toEqual({ vr: 'UI', Value: ['1.2.3.6'] });
  });

  it('reads a File Meta in implicit VR', async () => {
    const whole = part10(object(...image(1, 2, { bits: 16 }), ...gray, pixels));
    const made = [
      withMeta(whole, metaOf(EXPLICIT, 'implicit')),
      // Without its group length.
      withMeta(whole, metaOf(EXPLICIT, 'implicit').subarray(12)),
    ];
    for (const file of filesOfKind('file-meta-in-implicit-vr', made)) {
      const { header, count } = await opened(file);
      expect(header.transferSyntaxUID).toBe(EXPLICIT);
      expect(count).toBe(1);
    }
  });

  it('reads a File Meta without the 128 bytes before it, with its prefix and without', async () => {
    const whole = part10(object(...image(1, 2, { bits: 16 }), ...gray, pixels));
    for (const file of [whole.subarray(132), whole.subarray(128), whole.subarray(144)]) {
      const { frame, header } = await opened(file);
      expect((await frame(1)).bytes).toEqual(Buffer.from([1, 2, 3, 4]));
      expect(header.transferSyntaxUID).toBe(EXPLICIT);
    }
  });
});

describe('scanPart10 of unusual elements', () => {
  const items = (
    spelling: 'implicit' | 'explicit' | 'big',
    vr: string,
    length: 'ffffffff' | undefined = 'ffffffff',
  ) => {
    const big = spelling === 'big';
    const turned = (hex: string) => (big ? hex : hex.replace(/(..)(..)/g, '$2$1'));
    const end = big
      ? Buffer.from('fffee00d00000000fffee0dd00000000', 'hex')
      : Buffer.from('feff0de000000000feffdde000000000', 'hex');
    return (outer: 'explicit' | 'big') =>
      Buffer.concat([
        Buffer.from(outer === 'big' ? '00081140' : '08004011', 'hex'),
        Buffer.from(`${vr}\0\0`, 'latin1'),
        Buffer.from(length, 'hex'),
        Buffer.from(`${turned('fffee000')}ffffffff`, 'hex'),
        spell([text(0x00081150, 'UI', '1.2'), words(0x00280010, 'US', 258)], spelling),
        end,
      ]);
  };
  const around = (outer: 'explicit' | 'big', sequence: Buffer) =>
    part10(
      Buffer.concat([
        spell(object().slice(0, 2), outer),
        sequence,
        spell([...object().slice(2), ...image(1, 2, { bits: 16 }), ...gray, pixels], outer),
      ]),
      { spelling: outer },
    );
  const inside = {
    vr: 'SQ',
    Value: [{ '00081150': { vr: 'UI', Value: ['1.2'] }, '00280010': { vr: 'US', Value: [258] } }],
  };

  it('reads UN of undefined length whose items are in explicit VR', async () => {
    const made = [around('explicit', items('explicit', 'UN')('explicit'))];
    expect((await opened(made[0]!)).json['00081140']).toEqual(inside);
    for (const file of filesOfKind('un-of-undefined-length-with-explicit-items', made)) {
      const { count, json } = await opened(file);
      expect(count).toBe(1);
      expect(json['0020000E']?.Value).toHaveLength(1);
    }
  });

  it('reads UN of undefined length in a data set in big endian, in either byte order', async () => {
    const made = (['implicit', 'explicit', 'big'] as const).map((spelling) =>
      around('big', items(spelling, 'UN')('big')),
    );
    for (const file of made) expect((await opened(file)).json['00081140']).toEqual(inside);
    for (const file of filesOfKind('big-endian-un-of-undefined-length', made))
      expect((await opened(file)).count).toBe(1);
  });

  it('reads a tag that the dictionary calls a sequence as a value where no item begins', async () => {
    const measured: HandMade = { tag: 0x0040a170, vr: 'LO', value: Buffer.from('FOR MEASUREMENT ') };
    const short: HandMade = { tag: 0x0040a170, vr: 'LO', value: Buffer.from('NO') };
    const long: HandMade = { tag: 0x0040a170, vr: 'LO', value: Buffer.alloc(5000, 'x') };
    const made = [measured, short, long].map((element) =>
      part10(object(...image(1, 2, { bits: 16 }), ...gray, element, pixels), { spelling: 'implicit' }),
    );
    for (const file of filesOfKind('sequence-tag-holds-text-implicit-vr', made)) {
      const { json, count } = await opened(file);
      expect(count).toBe(1);
      expect(json['0040A170']?.vr).toBe('UN');
    }
  });
});

describe('scanPart10 of unusual pixel data', () => {
  it('shows native pixels that lie in one item', async () => {
    const value = Buffer.from([1, 0, 2, 0, 3, 0, 4, 0]);
    const head = spell(object(...image(2, 2, { bits: 16 }), ...gray), 'explicit');
    const inItem = encapsulated([], value);
    const made = [inItem, encapsulated([value])].map((last) => part10(Buffer.concat([head, last])));
    for (const file of made) {
      const { frame, bulk } = await opened(file);
      expect((await frame(1)).bytes).toEqual(value);
      expect(await bulk('7FE00010')).toEqual(value);
    }
    for (const file of filesOfKind('native-pixels-of-undefined-length', made)) {
      const { count, frame } = await opened(file);
      expect(count).toBe(1);
      expect((await frame(1)).transferSyntaxUID).toBe(EXPLICIT);
    }
  });

  it('passes over empty fragments', async () => {
    const frames = [1, 2, 3].map((shade) =>
      Buffer.from(encodeRle(Buffer.alloc(36, shade), { Columns: 6, SamplesPerPixel: 1, sampleBytes: 1 })),
    );
    const none = Buffer.alloc(0);
    const [a, b, c] = frames as [Buffer, Buffer, Buffer];
    const step = 8 + a.length;
    const made = [
      encapsulated([none, a, b, c]),
      encapsulated([a, none, b, c, none]),
      encapsulated([none, a, b, c], offsets(0, 8 + step, 8 + 2 * step)),
      encapsulated([none, a, b, c], offsets(8, 8 + step, 8 + 2 * step)),
    ].map((last) =>
      part10(Buffer.concat([spell(object(...image(6, 6, { frames: 3 }), ...gray), 'explicit'), last]), {
        transferSyntaxUID: RLE,
      }),
    );
    for (const file of filesOfKind('empty-fragment-before-the-first-frame', made)) {
      const { count, frame } = await opened(file);
      expect(count).toBe(3);
      const all = [await frame(1), await frame(2), await frame(3)].map(({ bytes }) => bytes);
      for (const bytes of all) expect(bytes.readUInt32LE(0)).toBe(1);
    }
    for (const file of made) expect((await (await opened(file)).frame(2)).bytes).toEqual(b);
  });

  it('joins the fragments of an RLE frame by the Basic Offset Table', async () => {
    const [a, b] = [1, 2].map((shade) =>
      Buffer.from(encodeRle(Buffer.alloc(36, shade), { Columns: 6, SamplesPerPixel: 1, sampleBytes: 1 })),
    ) as [Buffer, Buffer];
    const parts = [a.subarray(0, 40), a.subarray(40), b.subarray(0, 66), b.subarray(66)];
    const value = encapsulated(parts, offsets(0, 16 + a.length));
    const head = spell(object(...image(6, 6, { frames: 2 }), ...gray), 'explicit');
    const { frame } = await opened(part10(Buffer.concat([head, value]), { transferSyntaxUID: RLE }));
    expect((await frame(1)).bytes).toEqual(a);
    expect((await frame(2)).bytes).toEqual(b);
  });

  it('takes YBR_FULL_422 of full length for what its length proves: three samples a pixel', async () => {
    const colour = [text(0x00280004, 'CS', 'YBR_FULL_422')];
    const file = (byteCount: number, frames: number) =>
      part10(
        object(...image(2, 3, { samples: 3, frames }), ...colour, {
          tag: 0x7fe00010,
          vr: 'OB',
          value: Buffer.from(Array.from({ length: byteCount }, (_, at) => at)),
        }),
      );
    for (const made of [file(36, 2), file(18, 1)]) {
      const { frame } = await opened(made);
      expect((await frame(1)).bytes).toHaveLength(18);
    }
    expect((await (await opened(file(36, 2))).frame(2)).bytes[0]).toBe(18);
    // Two samples a pixel, as it should be.
    expect((await (await opened(file(24, 2))).frame(2)).bytes[0]).toBe(12);
    const odd = part10(
      object(...image(1, 3, { samples: 3 }), ...colour, { tag: 0x7fe00010, vr: 'OB', value: Buffer.alloc(10) }),
    );
    expect((await (await opened(odd)).frame(1)).bytes).toHaveLength(9);
    for (const reported of filesOfKind('ybr-full-422-native-of-full-length', file(36, 2))) {
      const { count, header } = await opened(reported);
      expect(count).toBe(2);
      const { frames } = header;
      expect(frames?.kind === 'native' && (frames.frameBits * frames.frameCount) / 8).toBe(
        header.bulk.at(-1)?.byteCount,
      );
    }
  });
});
