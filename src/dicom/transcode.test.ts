import { describe, expect, it } from '@jest/globals';
import { bufferSource } from '../byte-source.js';
import { encapsulated, image, object, part10, sequence, spell, text, words } from './hand-made.js';
import { frameBytes } from './frames.js';
import { toDicomJson } from './json.js';
import type { Output } from './output.js';
import { scanPart10 } from './part10.js';
import { collect } from './read-value.js';
import { canTranscode, transcodePart10 } from './transcode.js';
import { writePart10 } from './write-part10.js';

async function opened(file: Buffer) {
  const source = bufferSource(file);
  const result = await scanPart10(source);
  if (result.kind === 'refused') throw new Error(result.message);
  return { source, header: result.header };
}

async function converted(file: Buffer): Promise<{ output: Output; bytes: Buffer; dataSet: Buffer }> {
  const { source, header } = await opened(file);
  const output = await transcodePart10(source, header);
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
      expect(output.byteCount).toBe(spelling === 'deflated' ? undefined : bytes.length);
    },
  );

  it('keeps the File Meta but for transfer syntax and group length', async () => {
    const { bytes } = await converted(part10(elements, { spelling: 'implicit', mediaStorageUid: '1.7.7' }));
    const expected = part10(elements, { spelling: 'explicit', mediaStorageUid: '1.7.7' });
    expect(bytes.equals(expected)).toBe(true);
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
      const output = await transcodePart10(bufferSource(Buffer.from([7, 8])), { ...header, source: 'image/png' });
      const made = await opened(await collect(output.open()));
      expect(made.header.transferSyntaxUID).toBe(transferSyntaxUID);
      expect((await frameBytes(made.source, made.header, { number: 1 })).bytes).toEqual(Buffer.from([7, 8]));
    }
  });

  it('does not decompress', async () => {
    const file = part10(Buffer.concat([spell(object(), 'explicit'), encapsulated([Buffer.alloc(2)])]), {
      transferSyntaxUID: '1.2.840.10008.1.2.4.50',
    });
    const { source, header } = await opened(file);
    expect(canTranscode(header)).toBe(false);
    await expect(transcodePart10(source, header)).rejects.toMatchObject({ code: 'not-acceptable' });
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
