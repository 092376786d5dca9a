import { describe, expect, it } from '@jest/globals';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { bufferSource } from '../../base/byte-source.js';
import { encapsulated, image, object, part10, spell, text, type HandMade } from '../../dicom/testing/hand-made.js';
import { toDicomJson } from '../../dicom/metadata/json.js';
import { scanPart10 } from '../../dicom/part10/part10.js';
import type { PictureWorkers } from '../../dicom/render/picture-workers.js';
import type { FoundInstance } from '../archive.js';
import type { RenderedOptions } from '../stored-instance.js';
import { rendered, type RenderedInput } from './rendered.js';
import { renderedTypes } from './rendered-types.js';
import { createMadeCache } from './made-cache.js';

async function stored(file: Buffer) {
  const result = await scanPart10(bufferSource(file));
  if (result.kind === 'refused') throw new Error(result.message);
  const { header } = result;
  const instance = {
    transferSyntaxUID: header.transferSyntaxUID,
    instance: toDicomJson(header, { bulkDataUri: () => '' }),
    sha256: 'x',
  } as unknown as FoundInstance;
  const asked: unknown[] = [];
  const input: RenderedInput = {
    instance,
    header: () => header,
    source: () => ({
      ...bufferSource(file),
      async *stream(offset, byteCount) {
        yield file.subarray(offset, offset + byteCount);
      },
    }),
  };
  const pictures = {
    render: async (_header: unknown, _source: unknown, options: unknown) => {
      asked.push(options);
      return { bytes: Buffer.from('picture'), isAnnotated: true };
    },
  } as unknown as PictureWorkers;
  return {
    types: renderedTypes(instance),
    asked,
    bytes: async (options: RenderedOptions, from?: number) => {
      const payload = await rendered({ pictures, made: createMadeCache() }, input, options);
      const bytes = await buffer(Readable.from(payload.open(from)));
      expect(payload.byteCount).toBe(bytes.length + (from ?? 0));
      return bytes.toString();
    },
  };
}

const classOf = (uid: string) => text(0x00080016, 'UI', `1.2.840.10008.5.1.4.1.1.${uid}`);
const instance = (...more: HandMade[]) => object(...more).filter((one, at, all) => all[at + 1]?.tag !== one.tag);
const video = (fragments: string[], transferSyntaxUID: string) =>
  part10(
    Buffer.concat([
      spell(instance(...image(8, 8, { frames: 30 })), 'explicit'),
      encapsulated(fragments.map((fragment) => Buffer.from(fragment))),
    ]),
    { transferSyntaxUID },
  );

describe('rendered', () => {
  it('gives a video from any byte on', async () => {
    const { types, bytes } = await stored(video(['first ', 'second', 'third '], '1.2.840.10008.1.2.4.102'));
    expect(types).toEqual(['video/mp4']);
    const whole = 'first secondthird ';
    for (const from of [0, 1, 6, 8, 12, 17, 18])
      expect(await bytes({ mediaType: 'video/mp4' }, from)).toBe(whole.slice(from));
    await expect(bytes({ mediaType: 'image/jpeg' })).rejects.toMatchObject({ code: 'not-acceptable' });
  });

  it('tells MPEG-2 from MPEG-4', async () => {
    expect((await stored(video(['x '], '1.2.840.10008.1.2.4.100'))).types).toEqual(['video/mpeg']);
    expect((await stored(video(['x '], '1.2.840.10008.1.2.4.107'))).types).toEqual(['video/mp4']);
  });

  it.each([9, 8000])('gives a PDF of %i bytes without its padding, from any byte on', async (byteCount) => {
    const pdf = `%PDF-1.4${'x'.repeat(byteCount - 8)}`;
    const document = (...more: HandMade[]) =>
      part10(
        instance(
          text(0x00420012, 'LO', 'application/pdf'),
          { tag: 0x00420011, vr: 'OB', value: text(0, 'UT', pdf).value },
          ...more,
        ),
      );
    const length = Buffer.alloc(4);
    length.writeUInt32LE(byteCount);
    const { types, bytes } = await stored(document({ tag: 0x00420015, vr: 'UL', value: length }));
    expect(types).toEqual(['application/pdf']);
    expect(await bytes({ mediaType: 'application/pdf' })).toBe(pdf);
    expect(await bytes({ mediaType: 'application/pdf' }, 5)).toBe(pdf.slice(5));
  });

  it('gives a report as a page and as text', async () => {
    const { types, bytes } = await stored(part10(instance(classOf('88.11'), text(0x00100010, 'PN', 'A^B'))));
    expect(types).toEqual(['text/html', 'text/plain', 'text/xml']);
    expect(await bytes({ mediaType: 'text/html' })).toContain('<td>A B</td>');
    expect(await bytes({ mediaType: 'text/plain' })).toContain('Patient: A B');
    expect(await bytes({ mediaType: 'text/xml' })).toContain('<name>Patient</name><text>A B</text>');
  });

  it('asks for all frames of an animation, and for the middle one of a picture', async () => {
    const pixels = { tag: 0x7fe00010, vr: 'OB', value: Buffer.alloc(64 * 3) };
    const { types, bytes, asked } = await stored(part10(instance(...image(8, 8, { frames: 3 }), pixels)));
    expect(types).toEqual(['image/jpeg', 'image/png', 'image/gif']);
    await bytes({ mediaType: 'image/gif' });
    await bytes({ mediaType: 'image/gif', frames: [2, 3] });
    await bytes({ mediaType: 'image/jpeg' });
    expect(asked).toEqual([
      { mediaType: 'image/gif', frames: [1, 2, 3], rendering: {} },
      { mediaType: 'image/gif', frames: [2, 3], rendering: {} },
      { mediaType: 'image/jpeg', rendering: {} },
    ]);
  });

  it('refuses a region that has nothing of the picture', async () => {
    const pixels = { tag: 0x7fe00010, vr: 'OB', value: Buffer.alloc(64) };
    const { bytes } = await stored(part10(instance(...image(8, 8), pixels)));
    const viewport = { width: 9, height: 9, top: 0, flipsHorizontally: false, flipsVertically: false };
    await bytes({ mediaType: 'image/png', rendering: { viewport: { ...viewport, left: 7 } } });
    await expect(
      bytes({ mediaType: 'image/png', rendering: { viewport: { ...viewport, left: 8 } } }),
    ).rejects.toMatchObject({ code: 'bad-request', message: expect.stringContaining('8,0') as unknown });
  });

  it.each([
    [8192, 8192, undefined],
    [8193, 8192, 'too-large'],
  ])('makes pictures of %i × %i pixels, or says that they are too many', async (rows, columns, code) => {
    const { bytes } = await stored(part10(instance(...image(rows, columns))));
    const made = bytes({ mediaType: 'image/png' });
    if (code === undefined) expect(await made).toBe('picture');
    else await expect(made).rejects.toMatchObject({ code });
  });

  it('has nothing for an object without a picture', async () => {
    const { types, bytes } = await stored(part10(instance(classOf('481.3'))));
    expect(types).toEqual([]);
    await expect(bytes({ mediaType: 'image/jpeg' })).rejects.toMatchObject({ code: 'not-acceptable' });
  });
});
