import { describe, expect, it } from '@jest/globals';
import { bufferSource } from '../../base/byte-source.js';
import { bulkValue } from './bulk-value.js';
import { encapsulated, image, object, offsets, part10, sequence, spell, type HandMade } from '../testing/hand-made.js';
import { scanPart10 } from '../part10/part10.js';
import { collect } from './read-range.js';

const JPEG = '1.2.840.10008.1.2.4.50';
const a = Buffer.from([0xff, 0xd8, 1, 2]);
const b = Buffer.from([3, 4, 0xff, 0xd9]);

async function bulk(file: Buffer, path: string): Promise<{ bytes: Buffer; transferSyntaxUID: string | undefined }> {
  const source = bufferSource(file);
  const result = await scanPart10(source);
  if (result.kind === 'refused') throw new Error(result.message);
  const value = await bulkValue(source, result.header, path);
  const bytes = await collect(value.open());
  expect(value.byteCount).toBe(bytes.length);
  return { bytes, transferSyntaxUID: value.transferSyntaxUID };
}

/** Elements with raw bytes in place of the value of the icon's pixel data, and of what comes after the icon. */
function withIcon(pixelData: Buffer, after: Buffer = Buffer.alloc(0), frames = 1): Buffer {
  const mark = Buffer.from('PIXELS!!');
  const bytes = spell(
    object(...image(2, 2, { frames }), sequence(0x00880200, [[{ tag: 0x00091001, vr: 'OB', value: mark }]])),
    'explicit',
  );
  const at = bytes.indexOf(mark) - 12;
  return part10(Buffer.concat([bytes.subarray(0, at), pixelData, bytes.subarray(at + 20), after]), {
    transferSyntaxUID: JPEG,
  });
}

describe('bulkValue of compressed pixel data', () => {
  it('is the codestream of an icon too, without item tags', async () => {
    const file = withIcon(encapsulated([a, b]), encapsulated([b]));
    expect(await bulk(file, '00880200/0/7FE00010')).toEqual({ bytes: Buffer.concat([a, b]), transferSyntaxUID: JPEG });
    expect(await bulk(file, '7FE00010')).toEqual({ bytes: b, transferSyntaxUID: JPEG });
  });

  it('is the bytes of an icon that is not compressed', async () => {
    const pixels: HandMade = { tag: 0x7fe00010, vr: 'OB', value: Buffer.from([0xfe, 0xff, 0, 0xe0, 4, 0, 0, 0]) };
    const file = withIcon(spell([pixels], 'explicit'));
    expect((await bulk(file, '00880200/0/7FE00010')).bytes).toEqual(pixels.value);
  });

  it('is all fragments where they cannot be told apart into frames', async () => {
    const three = Buffer.concat([
      spell(object(...image(2, 2, { frames: 3 })), 'explicit'),
      encapsulated([a, b], offsets(0, 8)),
    ]);
    expect((await bulk(part10(three, { transferSyntaxUID: JPEG }), '7FE00010')).bytes).toEqual(Buffer.concat([a, b]));
  });

  it('is the bytes of pixels that are not compressed in spite of the transfer syntax', async () => {
    const native = spell([...object(...image(2, 2)), { tag: 0x7fe00010, vr: 'OB', value: a }], 'explicit');
    expect((await bulk(part10(native, { transferSyntaxUID: JPEG }), '7FE00010')).bytes).toEqual(a);
  });
});
