import { dicomJsonText, type DicomJson } from '../../standard/dicom-json.js';
import { describe, expect, it } from '@jest/globals';
import { bufferSource } from '../../base/byte-source.js';
import { image, object, part10, sequence, text, words, type HandMade, type Spelling } from '../testing/hand-made.js';
import { toDicomJson } from './json.js';
import { scanPart10 } from '../part10/part10.js';

async function json(elements: HandMade[], spelling: Spelling = 'explicit'): Promise<DicomJson> {
  const result = await scanPart10(bufferSource(part10(object(...elements), { spelling })));
  if (result.kind === 'refused') throw new Error(result.message);
  return toDicomJson(result.header, { bulkDataUri: (path) => `bulk/${path}` });
}

const value = async (element: HandMade, spelling?: Spelling): Promise<unknown> =>
  (await json([element], spelling))[element.tag.toString(16).toUpperCase().padStart(8, '0')];

const latin = (codes: number[]): Buffer => Buffer.from(codes);

describe('toDicomJson', () => {
  it('trims padding and has null for an empty value among several', async () => {
    expect(await value(text(0x00080008, 'CS', 'A \\\\ B'))).toEqual({ vr: 'CS', Value: ['A', null, 'B'] });
    expect(await value(text(0x00104000, 'LT', '  a\\b '))).toEqual({ vr: 'LT', Value: ['  a\\b'] });
    expect(await value(text(0x00080050, 'SH', '    '))).toEqual({ vr: 'SH' });
    expect(await value(text(0x00080050, 'SH', ''))).toEqual({ vr: 'SH' });
  });

  it('has only the groups of a name that are not empty', async () => {
    expect(await value(text(0x00100010, 'PN', 'Doe^J=='))).toEqual({ vr: 'PN', Value: [{ Alphabetic: 'Doe^J' }] });
    expect(await value(text(0x00100010, 'PN', '=I=P'))).toEqual({
      vr: 'PN',
      Value: [{ Ideographic: 'I', Phonetic: 'P' }],
    });
    expect(await value(text(0x00100010, 'PN', 'A =B=C=D'))).toEqual({
      vr: 'PN',
      Value: [{ Alphabetic: 'A', Ideographic: 'B', Phonetic: 'C=D' }],
    });
    expect(await value(text(0x00081060, 'PN', 'A\\\\B'))).toEqual({
      vr: 'PN',
      Value: [{ Alphabetic: 'A' }, null, { Alphabetic: 'B' }],
    });
  });

  it.each([
    ['1.50', 1.5],
    ['-0.0', -0],
    ['.03', 0.03],
    ['+1e3', 1000],
    ['1E-5', 0.00001],
    ['123456789012345', 123456789012345],
    ['9007199254740993', '9007199254740993'],
    ['0.1234567890123456', 0.1234567890123456],
    ['12345678901.23456', 12345678901.23456],
    ['1A', '1A'],
    ['1e999', '1e999'],
    ['1,5', '1,5'],
  ])('gives the decimal string %s as %p: a number only for exactly the same value', async (written, expected) => {
    expect(await value(text(0x00181310, 'DS', written))).toEqual({ vr: 'DS', Value: [expected] });
  });

  it('reads numbers in each byte order', async () => {
    const buffer = (array: ArrayBufferView): Buffer => Buffer.from(array.buffer);
    const cases: [HandMade, unknown][] = [
      [{ tag: 0x00280009, vr: 'AT', value: buffer(Uint16Array.from([0x0018, 0x10ab])) }, '001810AB'],
      [{ tag: 0x00189313, vr: 'FD', value: buffer(Float64Array.from([-1.25])) }, -1.25],
      [{ tag: 0x00189324, vr: 'FL', value: buffer(Float32Array.from([0.5])) }, 0.5],
      [{ tag: 0x00186020, vr: 'SL', value: buffer(Int32Array.from([-7])) }, -7],
      [{ tag: 0x00289001, vr: 'UL', value: buffer(Uint32Array.from([4_000_000_000])) }, 4_000_000_000],
      [{ tag: 0x00289503, vr: 'SS', value: buffer(Int16Array.from([-2])) }, -2],
      [{ tag: 0x00280010, vr: 'US', value: buffer(Uint16Array.from([65535])) }, 65535],
      [{ tag: 0x0008040c, vr: 'UV', value: buffer(BigUint64Array.from([2n ** 60n])) }, String(2n ** 60n)],
    ];
    for (const spelling of ['explicit', 'big'] as const)
      for (const [element, expected] of cases)
        expect(await value(element, spelling)).toEqual({ vr: element.vr, Value: [expected] });
  });

  it('reads US or SS by Pixel Representation, of the data set around where an item has none', async () => {
    const signed = [...image(1, 1).slice(0, -1), words(0x00280103, 'US', 1)];
    const padding = words(0x00280120, 'SS', 0xfffe);
    const inItem = sequence(0x00283010, [[words(0x00283002, 'SS', 0xfffe)]]);
    const result = await json([...signed, padding, inItem], 'implicit');
    expect(result['00280120']).toEqual({ vr: 'SS', Value: [-2] });
    expect(result['00283010']).toEqual({ vr: 'SQ', Value: [{ '00283002': { vr: 'SS', Value: [-2] } }] });
    expect((await json([...image(1, 1), padding], 'implicit'))['00280120']).toEqual({ vr: 'US', Value: [65534] });
  });

  it('has bytes as base64 in little endian', async () => {
    const element: HandMade = { tag: 0x00281201, vr: 'OW', value: Buffer.from([1, 0, 2, 0]) };
    for (const spelling of ['implicit', 'explicit', 'big'] as const)
      expect(await value(element, spelling)).toEqual({ vr: 'OW', InlineBinary: 'AQACAA==' });
  });

  it('reads UN by the dictionary: public, private and sequences', async () => {
    const item = Buffer.from('feff00e00c0000000800501104000000312e3200', 'hex');
    const result = await json([
      { tag: 0x00080060, vr: 'UN', value: Buffer.from('CT') },
      { tag: 0x00081140, vr: 'UN', value: item },
      text(0x00090010, 'LO', 'ACUSON'),
      { tag: 0x00091000, vr: 'UN', value: Buffer.from('17') },
      { tag: 0x00111077, vr: 'UN', value: Buffer.from('?!') },
      { tag: 0x00280010, vr: 'UN', value: Buffer.from([1, 2, 3]) },
    ]);
    expect(result['00080060']).toEqual({ vr: 'CS', Value: ['CT'] });
    expect(result['00081140']).toMatchObject({ vr: 'SQ', Value: [{ '00081150': { vr: 'UI', Value: ['1.2'] } }] });
    expect(result['00091000']).toEqual({ vr: 'IS', Value: [17] });
    expect(result['00111077']).toEqual({ vr: 'UN', InlineBinary: 'PyE=' });
    expect(result['00280010']).toEqual({ vr: 'UN', InlineBinary: 'AQID' });
  });

  it('reads UN in little endian in a big endian object too, as dcmconv does (PS3.5 §6.2.2)', async () => {
    const rows = { tag: 0x00280010, vr: 'UN', value: Buffer.from([2, 1]) };
    expect(await value(rows, 'big')).toEqual({ vr: 'US', Value: [258] });
  });

  it('gives long values and pixel data by URI, with their path through sequences', async () => {
    const long = { tag: 0x54001010, vr: 'OW', value: Buffer.alloc(5000) };
    const result = await json([sequence(0x54000100, [[], [long]]), { ...long, tag: 0x7fe00010 }]);
    expect(result['54000100']).toEqual({
      vr: 'SQ',
      Value: [{}, { '54001010': { vr: 'OW', BulkDataURI: 'bulk/54000100/1/54001010' } }],
    });
    expect(result['7FE00010']).toEqual({ vr: 'OW', BulkDataURI: 'bulk/7FE00010' });
  });

  it('leaves out group lengths and has tags ascending, in a file that has not', async () => {
    const result = await json([
      { tag: 0x00080000, vr: 'UL', value: Buffer.alloc(4) },
      sequence(0x54000100, [[text(0x30060002, 'SH', 'a'), text(0x00080100, 'SH', 'b')]]),
    ]);
    const tags = [...dicomJsonText(result).matchAll(/"([0-9A-F]{8})":/g)].map((match) => match[1]);
    expect(tags).toEqual(['00080016', '00080018', '0020000D', '0020000E', '54000100', '00080100', '30060002']);
    expect(JSON.parse(dicomJsonText(result))).toEqual(result);
  });

  it('has numbers that JSON has no word for as text', async () => {
    const element = {
      tag: 0x00189313,
      vr: 'FD',
      value: Buffer.from(Float64Array.from([NaN, Infinity, -Infinity]).buffer),
    };
    expect(await value(element)).toEqual({ vr: 'FD', Value: ['NaN', 'inf', '-inf'] });
  });

  it('keeps how many values there are when all of them are empty', async () => {
    expect(await value(text(0x00080008, 'CS', '\\\\ '))).toEqual({ vr: 'CS', Value: [null, null, null] });
    expect(await value(text(0x00081060, 'PN', '=\\'))).toEqual({ vr: 'PN', Value: [null, null] });
    expect(await value(text(0x00081060, 'PN', '=='))).toEqual({ vr: 'PN' });
  });

  it('gives sequences of unknown VR by URI when they are long', async () => {
    const item = Buffer.alloc(5000);
    item.writeUInt32LE(0xe000fffe, 0);
    item.writeUInt32LE(4992, 4);
    item.writeUInt32LE(0x11500008, 8);
    item.writeUInt32LE(4984, 12);
    const inside = { tag: 0x00081140, vr: 'UN', value: item };
    const result = await json([inside, sequence(0x54000100, [[inside]])]);
    expect(result['00081140']).toEqual({ vr: 'UN', BulkDataURI: 'bulk/00081140' });
    expect(result['54000100']).toEqual({
      vr: 'SQ',
      Value: [{ '00081140': { vr: 'UN', BulkDataURI: 'bulk/54000100/0/00081140' } }],
    });
  });

  it.each([
    [100, { InlineBinary: Buffer.alloc(100).toString('base64') }],
    [5000, { BulkDataURI: 'bulk/00111077' }],
  ])('names no VR that the standard does not know, with %i bytes', async (byteCount, content) => {
    expect(await value({ tag: 0x00111077, vr: 'ZZ', value: Buffer.alloc(byteCount) })).toEqual({
      vr: 'UN',
      ...content,
    });
  });

  it('takes the first of two elements with one tag, as all that reads the data set does', async () => {
    const long = { tag: 0x00281201, vr: 'OW', value: Buffer.alloc(5000) };
    const result = await json([
      text(0x00080050, 'SH', 'first'),
      text(0x00080050, 'SH', 'second'),
      long,
      { ...long, value: Buffer.alloc(2) },
    ]);
    expect(result['00080050']).toEqual({ vr: 'SH', Value: ['first'] });
    expect(result['00281201']).toEqual({ vr: 'OW', BulkDataURI: 'bulk/00281201' });
  });

  it('has a private value as bytes when it cannot be the text that the dictionary says', async () => {
    const creator = text(0x00290010, 'LO', 'CARDIO-D.R. 1.0');
    const value = (...bytes: number[]): HandMade => ({ tag: 0x00291002, vr: 'UN', value: Buffer.from(bytes) });
    expect((await json([creator, value(0x31, 0x20)]))['00291002']).toEqual({ vr: 'DS', Value: [1] });
    expect((await json([creator, value(0x31, 0)]))['00291002']).toEqual({ vr: 'DS', Value: [1] });
    expect((await json([creator, value(0x31, 0, 0, 0)]))['00291002']).toEqual({ vr: 'DS', Value: [1] });
    expect((await json([creator, value(1, 0)]))['00291002']).toEqual({ vr: 'UN', InlineBinary: 'AQA=' });
  });
});

describe('toDicomJson of text', () => {
  const name = async (characterSet: string, bytes: Buffer): Promise<unknown> =>
    (await json([text(0x00080005, 'CS', characterSet), text(0x00100010, 'PN', bytes)]))['00100010'];

  it.each([
    ['ISO_IR 100', latin([0x42, 0xe4, 0x72]), 'Bär'],
    ['ISO_IR 192', Buffer.from('Ба́р'), 'Ба́р'],
    ['ISO_IR 144', latin([0xbb, 0xee]), 'Лю'],
    ['GB18030', latin([0xcd, 0xf5]), '王'],
    ['ISO_IR 203', latin([0xa4]), '€'],
    ['latin1', latin([0xe9]), 'é'],
    ['no such set', latin([0xe9]), 'é'],
    ['no such set', Buffer.from('é'), 'é'],
    ['ISO_IR 192', latin([0x61, 0xe4, 0x62]), 'aäb'],
    ['UTF-8', latin([0x61, 0xe4, 0x62]), 'aäb'],
    ['ISO_IR 192', latin([0xc3, 0xa4, 0xc3]), 'ä\ufffd'],
    ['ISO_IR 192', Buffer.from('\ufeff\u3000ä\u3000 '), '\ufeff\u3000ä\u3000'],
    ['ISO_IR 127', latin([0xff]), 'ÿ'],
  ])('reads %s', async (characterSet, bytes, expected) => {
    expect(await name(characterSet, bytes)).toEqual({ vr: 'PN', Value: [{ Alphabetic: expected }] });
  });

  it('follows escape sequences within a name, also back to ASCII where that is not listed', async () => {
    const bytes = Buffer.from('Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B', 'latin1');
    expect(await name('\\ISO 2022 IR 87', bytes)).toEqual({
      vr: 'PN',
      Value: [{ Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎' }],
    });
  });

  it('does not cut a character that has a backslash as its second byte', async () => {
    expect(await name('GB18030', latin([0x84, 0x5c, 0x5c, 0x41]))).toEqual({
      vr: 'PN',
      Value: [{ Alphabetic: new TextDecoder('gb18030').decode(latin([0x84, 0x5c])) }, { Alphabetic: 'A' }],
    });
  });

  it('takes the character set of the item, else of what is around it', async () => {
    const result = await json([
      text(0x00080005, 'CS', 'ISO_IR 100'),
      sequence(0x00081110, [
        [text(0x00080005, 'CS', 'ISO_IR 144'), text(0x00081030, 'LO', latin([0xbb]))],
        [text(0x00081030, 'LO', latin([0xe4]))],
      ]),
    ]);
    expect(result['00081110']).toMatchObject({
      Value: [{ '00081030': { Value: ['Л'] } }, { '00081030': { Value: ['ä'] } }],
    });
  });
});
