import { describe, expect, it } from '@jest/globals';
import { bufferSource } from '../../base/byte-source.js';
import { bulkValue } from './bulk-value.js';
import { frameBytes, frameChunks, frameCount, type FrameRepresentation } from './frames.js';
import { encapsulated, image, object, offsets, part10, spell, text, type HandMade } from '../testing/hand-made.js';
import { scanPart10 } from '../part10/part10.js';
import { collect } from './read-range.js';

const JPEG = '1.2.840.10008.1.2.4.50';
const RLE = '1.2.840.10008.1.2.5';
const MPEG4 = '1.2.840.10008.1.2.4.102';

async function opened(file: Buffer) {
  const source = bufferSource(file);
  const result = await scanPart10(source);
  if (result.kind === 'refused') throw new Error(result.message);
  const { header, warnings } = result;
  return {
    header,
    warnings,
    count: frameCount(header.frames),
    frame: (number: number, as?: FrameRepresentation) => frameBytes(source, header, { number, ...(as && { as }) }),
    bulk: async (path: string) => collect((await bulkValue(source, header, path)).open()),
  };
}

/** A compressed object of `frames` frames. */
function compressed(
  frames: number,
  fragments: Buffer[],
  {
    table,
    syntax = JPEG,
    more = [],
    after = [],
  }: { table?: Buffer; syntax?: string; more?: HandMade[]; after?: HandMade[] } = {},
): Buffer {
  const dataSet = [
    spell(object(...image(2, 2, { frames }), ...more), 'explicit'),
    encapsulated(fragments, table),
    spell(after, 'explicit'),
  ];
  return part10(Buffer.concat(dataSet), { transferSyntaxUID: syntax });
}

const bytes = (...values: number[]): Buffer => Buffer.from(values);
const end = bytes(0xff, 0xd9);
const [a, b, c] = [bytes(1, 1), bytes(2, 2, 2, 2), bytes(3, 3)];

describe('frameBytes of compressed pixel data', () => {
  it('takes one fragment for each frame where their numbers are equal', async () => {
    const { frame, count } = await opened(compressed(3, [a, b, c]));
    expect(count).toBe(3);
    expect((await frame(2)).bytes).toEqual(b);
    expect((await frame(2)).transferSyntaxUID).toBe(JPEG);
  });

  it('joins all fragments of a single frame', async () => {
    const { frame } = await opened(compressed(1, [a, b, c]));
    expect((await frame(1)).bytes).toEqual(Buffer.concat([a, b, c]));
  });

  it('goes by the Basic Offset Table', async () => {
    const { frame } = await opened(compressed(2, [a, b, c], { table: offsets(0, 22) }));
    expect((await frame(1)).bytes).toEqual(Buffer.concat([a, b]));
    expect((await frame(2)).bytes).toEqual(c);
  });

  it('goes by the Extended Offset Table', async () => {
    const table = Buffer.from(BigUint64Array.from([0n, 10n]).buffer);
    const lengths = Buffer.from(BigUint64Array.from([2n, 6n]).buffer);
    const more: HandMade[] = [
      { tag: 0x7fe00001, vr: 'OV', value: table },
      { tag: 0x7fe00002, vr: 'OV', value: lengths },
    ];
    const { frame } = await opened(compressed(2, [a, b, c], { more }));
    expect((await frame(2)).bytes).toEqual(Buffer.concat([b, c]));
  });

  it('goes by the end markers where there is no table, and where the table fits no fragment', async () => {
    const first = Buffer.concat([b, end]);
    const last = Buffer.concat([c, end, bytes(0, 0)]);
    for (const table of [offsets(), offsets(0, 7)]) {
      const { frame } = await opened(compressed(2, [a, first, c, last], { table }));
      expect((await frame(1)).bytes).toEqual(Buffer.concat([a, first]));
      expect((await frame(2)).bytes).toEqual(Buffer.concat([c, last]));
    }
  });

  it('shows no frame rather than a wrong one, with a warning', async () => {
    const { count, warnings } = await opened(compressed(2, [a, b, c]));
    expect(count).toBe(0);
    expect(warnings).toEqual([expect.stringMatching(/3 fragments cannot be assigned to 2 frames/)]);
  });

  it('shows those frames of a shortened object that are there, with a warning', async () => {
    const { count, warnings } = await opened(compressed(5, [a, b]));
    expect(count).toBe(2);
    expect(warnings).toEqual([expect.stringMatching(/2 of the 5 frames/)]);
  });

  it('knows that a frame of RLE is one fragment, and that a video is one stream', async () => {
    expect((await opened(compressed(2, [a, b, c], { syntax: RLE }))).count).toBe(2);
    const video = await opened(compressed(300, [a, b], { syntax: MPEG4 }));
    expect((await video.frame(1)).bytes).toEqual(Buffer.concat([a, b]));
  });

  it('does not decompress', async () => {
    const { frame } = await opened(compressed(1, [a]));
    await expect(frame(1, 'explicit-little-endian')).rejects.toMatchObject({ code: 'not-acceptable' });
  });

  it('keeps what follows the pixel data out of the last frame', async () => {
    const after = [{ tag: 0xfffcfffc, vr: 'OB', value: bytes(8, 8) }];
    const { frame, header } = await opened(compressed(1, [a, b], { after }));
    expect((await frame(1)).bytes).toEqual(Buffer.concat([a, b]));
    expect(header.frames).toMatchObject({
      kind: 'encapsulated',
      frames: [
        [
          [expect.any(Number), 2],
          [expect.any(Number), 4],
        ],
      ],
    });
  });
});

describe('frameBytes of uncompressed pixel data', () => {
  const native = (value: Buffer, options: Parameters<typeof image>[2], vr = 'OW', ...more: HandMade[]) =>
    object(...image(2, 2, options), ...more, { tag: 0x7fe00010, vr, value });
  const samples = Buffer.from(Uint16Array.from([1, 2, 3, 4, 5, 6, 7, 8]).buffer);

  it('cuts a frame out in every encoding, in little endian', async () => {
    for (const spelling of ['implicit', 'explicit', 'big', 'deflated'] as const) {
      const { frame } = await opened(part10(native(samples, { bits: 16, frames: 2 }), { spelling }));
      expect(await frame(2, 'explicit-little-endian')).toEqual({
        bytes: samples.subarray(8),
        transferSyntaxUID: '1.2.840.10008.1.2.1',
      });
    }
  });

  it('gives a big endian frame as it is stored when that is asked for', async () => {
    const { frame } = await opened(part10(native(samples, { bits: 16, frames: 2 }), { spelling: 'big' }));
    expect(await frame(1)).toEqual({
      bytes: Buffer.from(samples.subarray(0, 8)).swap16(),
      transferSyntaxUID: '1.2.840.10008.1.2.2',
    });
  });

  it('turns bytes within the words of big endian 8-bit frames of odd length', async () => {
    const pixels = bytes(1, 2, 3, 4, 5, 6, 7, 8, 9, 0);
    const rows = object(...image(3, 1, { frames: 3 }), { tag: 0x7fe00010, vr: 'OW', value: pixels });
    const { frame } = await opened(part10(rows, { spelling: 'big' }));
    for (const [number, expected] of [bytes(1, 2, 3), bytes(4, 5, 6), bytes(7, 8, 9)].entries())
      expect((await frame(number + 1, 'explicit-little-endian')).bytes).toEqual(expected);
  });

  it('cuts frames of single bits that do not begin at a byte', async () => {
    const rows = object(...image(1, 5, { bits: 1, frames: 3 }), {
      tag: 0x7fe00010,
      vr: 'OB',
      // Frames 10101, 11111, 00011 from the lowest bit on.
      value: bytes(0b11110101, 0b01100011),
    });
    const { frame, count } = await opened(part10(rows));
    expect(count).toBe(3);
    expect((await frame(1)).bytes).toEqual(bytes(0b10101));
    expect((await frame(2)).bytes).toEqual(bytes(0b11111));
    expect((await frame(3)).bytes).toEqual(bytes(0b11000));
  });

  it('counts two samples a pixel in YBR_FULL_422', async () => {
    const photometric = text(0x00280004, 'CS', 'YBR_FULL_422');
    const { count } = await opened(part10(native(Buffer.alloc(16), { samples: 3, frames: 2 }, 'OB', photometric)));
    expect(count).toBe(2);
  });

  it('answers not-found for frame 0, for one beyond the last and without pixels', async () => {
    const { frame } = await opened(part10(native(samples, { bits: 16, frames: 2 })));
    await expect(frame(0)).rejects.toMatchObject({ code: 'not-found' });
    await expect(frame(2)).resolves.toBeDefined();
    await expect(frame(3)).rejects.toMatchObject({ code: 'not-found' });
    await expect((await opened(part10(object()))).frame(1)).rejects.toMatchObject({ code: 'not-found' });
  });

  it('says how many of the declared frames are there', async () => {
    const { count, warnings } = await opened(part10(native(samples, { bits: 16, frames: 3 })));
    expect(count).toBe(2);
    expect(warnings).toEqual([expect.stringMatching(/2 of the 3 frames/)]);
  });
});

describe('bulkValue', () => {
  it('gives left-out values in little endian from every encoding', async () => {
    const value = Buffer.from(Uint16Array.from({ length: 3000 }, (_, i) => i).buffer);
    const palette: HandMade = { tag: 0x00281201, vr: 'OW', value };
    for (const spelling of ['implicit', 'explicit', 'big', 'deflated'] as const)
      expect(await (await opened(part10(object(palette), { spelling }))).bulk('00281201')).toEqual(value);
  });

  it('gives compressed pixel data as its frames, without tags and table', async () => {
    const { bulk } = await opened(compressed(2, [a, b, c], { table: offsets(0, 22) }));
    expect(await bulk('7FE00010')).toEqual(Buffer.concat([a, b, c]));
  });

  it('answers not-found for a path that is not there', async () => {
    await expect((await opened(part10(object()))).bulk('7FE00010')).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('frameChunks', () => {
  it('takes a frame from a source that streams, chunk by chunk as they are', async () => {
    const file = compressed(1, [Buffer.from('abcdefgh'), Buffer.from('ijkl')]);
    const { header, frame } = await opened(file);
    const chunks: Buffer[] = [];
    const stream = (offset: number, byteCount: number): Buffer[] => {
      const list = [file.subarray(offset, offset + 3), file.subarray(offset + 3, offset + byteCount)];
      chunks.push(...list);
      return list;
    };
    const given = await frameChunks({ ...bufferSource(file), stream }, header, { number: 1 });
    expect(given.chunks).toEqual(chunks);
    expect(Buffer.concat(given.chunks)).toEqual((await frame(1)).bytes);
    expect(given.chunks[0]!.buffer).toBe(file.buffer);
  });
});
