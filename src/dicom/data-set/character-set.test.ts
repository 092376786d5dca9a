import { describe, expect, it } from '@jest/globals';
import { bufferSource } from '../../base/byte-source.js';
import { toDicomJson } from '../metadata/json.js';
import { scanPart10 } from '../part10/part10.js';
import { object, part10, text } from '../testing/hand-made.js';
import { filesOfKind } from '../testing/reported-files.js';
import { decodeText } from './character-set.js';

const bytes = (binary: string): Buffer => Buffer.from(binary, 'latin1');

const named = (characterSet: string, name: Buffer): Buffer =>
  part10(object(text(0x00080005, 'CS', characterSet), { tag: 0x00100010, vr: 'PN', value: name }));

async function names(files: readonly Buffer[]): Promise<unknown[]> {
  return Promise.all(
    files.map(async (file) => {
      const result = await scanPart10(bufferSource(file));
      if (result.kind === 'refused') throw new Error(result.message);
      return (toDicomJson(result.header, { bulkDataUri: (at) => at })['00100010']?.Value?.[0] as { Alphabetic: string })
        .Alphabetic;
    }),
  );
}

/** Each file has the same name, written with the given characters. */
async function expectName(files: readonly Buffer[], name: string): Promise<void> {
  expect(await names(files)).toEqual(files.map(() => name));
}

describe('decodeText', () => {
  it('reads ISO 2022 IR 87 alone: after ESC ( B a character has one byte', async () => {
    const name = bytes('\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B ');
    await expectName(filesOfKind('j-only87', named('ISO 2022 IR 87', name)), '山田^太郎');
  });

  it('reads Shift-JIS where the set of the bytes above 127 knows no such bytes', async () => {
    const name = bytes('\x8eR\x93c^\x91\xbe\x98Y ');
    const sets = ['ISO 2022 IR 13\\ISO 2022 IR 87', 'ISO_IR 13'];
    await expectName(
      filesOfKind(
        'j-sjis-2022',
        sets.map((set) => named(set, name)),
      ),
      '山田^太郎',
    );
  });

  it('reads GB 2312 without escapes where it is the only set that can be meant', async () => {
    const name = bytes('\xd5\xc5^\xd0\xa1\xb6\xab ');
    const sets = ['ISO_IR 58', 'ISO 2022 IR 58', '\\ISO 2022 IR 58'];
    await expectName(
      filesOfKind(
        'c-iso_ir58',
        sets.map((set) => named(set, name)),
      ),
      '张^小东',
    );
  });

  it('reads a name with one escape for all of its components', async () => {
    const name = bytes('\x1b$)C\xb1\xe8^\xc3\xb6\xbc\xf6 ');
    await expectName(filesOfKind('k-esc-first-only', named('\\ISO 2022 IR 149', name)), '김^철수');
  });

  it('reads the examples of PS3.5 §H to §K', () => {
    const read = (characterSet: string, binary: string) => decodeText(bytes(binary), { characterSet, vr: 'PN' });
    expect(
      read('\\ISO 2022 IR 87', 'Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B'),
    ).toBe('Yamada^Tarou=山田^太郎=やまだ^たろう');
    expect(
      read(
        'ISO 2022 IR 13\\ISO 2022 IR 87',
        '\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J',
      ),
    ).toBe('ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう');
    expect(
      read(
        '\\ISO 2022 IR 149',
        'Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf',
      ),
    ).toBe('Hong^Gildong=洪^吉洞=홍^길동');
    expect(read('\\ISO 2022 IR 58', 'Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab=')).toBe(
      'Zhang^XiaoDong=张^小东=',
    );
  });

  it('reads single-byte sets that change by an escape, and begins again in each component', () => {
    const read = (characterSet: string, binary: string) => decodeText(bytes(binary), { characterSet, vr: 'PN' });
    expect(read('ISO 2022 IR 6\\ISO 2022 IR 100\\ISO 2022 IR 144', '\x1b-AM\xfcller^\x1b-L\xb8\xd2\xd0\xdd')).toBe(
      'Müller^ИвÐн'.replace('Ð', 'а'),
    );
    expect(read('ISO 2022 IR 100\\ISO 2022 IR 126', 'Buc^J\xe9r\xf4me=\x1b-F\xc4\xe9\xef^\xe9')).toBe(
      'Buc^Jérôme=Διο^é',
    );
    expect(read('ISO 2022 IR 166', '\xca\xc1')).toBe('สม');
  });
});
