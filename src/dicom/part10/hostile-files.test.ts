import { dicomJsonText } from '../../standard/dicom-json.js';
import { describe, expect, it } from '@jest/globals';
import { bufferSource } from '../../base/byte-source.js';
import { frameBytes } from '../data-set/frames.js';
import { encapsulated, image, object, part10, sequence, spell, text } from '../testing/hand-made.js';
import { toDicomJson } from '../metadata/json.js';
import { scanPart10 } from './part10.js';
import { collect } from '../data-set/read-range.js';
import { transcodePart10 } from '../transcode/transcode.js';

const scan = (file: Buffer) => scanPart10(bufferSource(file));

async function header(file: Buffer) {
  const result = await scan(file);
  if (result.kind === 'refused') throw new Error(result.message);
  return result.header;
}

const json = async (file: Buffer): Promise<string> =>
  dicomJsonText(toDicomJson(await header(file), { bulkDataUri: (at) => at }));

const transcoded = async (file: Buffer): Promise<Buffer> => {
  const convert = () => Promise.reject(new Error('No frame has to be converted.'));
  const to = '1.2.840.10008.1.2.1';
  return collect((await transcodePart10(bufferSource(file), await header(file), { to, convert })).open());
};

/** Each was found by `npm run fuzz`. */
describe('Damaged files', () => {
  it('are refused where thousands of zeros stand before more elements', async () => {
    for (const zeros of [4096, 5000, 70_000]) {
      const file = part10(Buffer.concat([spell(object(), 'explicit'), Buffer.alloc(zeros), Buffer.from('garbage!')]));
      expect((await scan(file)).kind).toBe('refused');
    }
  });

  it('are read where a sequence in implicit VR stands in the midst of explicit VR', async () => {
    const inner = [text(0x00081150, 'UI', '1.2')];
    const after = text(0x00400009, 'SH', 'x');
    // Only the sequence itself has no VR; its items are in explicit VR as all the rest.
    const item = spell(inner, 'explicit');
    const bare = Buffer.from(`08004011${hex(8 + item.length)}feff00e0${hex(item.length)}`, 'hex');
    const mixed = Buffer.concat([spell(object(), 'explicit'), bare, item, spell([after], 'explicit')]);
    const expected = await json(part10(object(sequence(0x00081140, [inner], true), after)));
    expect(await json(part10(mixed))).toBe(expected);
  });

  it('are written in explicit VR as UN where their VR is none', async () => {
    const file = part10(object(text(0x00181020, 'ed', 'ab'), text(0x00181030, '\x01\0', '')), { spelling: 'big' });
    const again = await transcoded(file);
    expect((await scan(again)).kind).toBe('header');
    expect(await json(again)).toBe(await json(file));
  });

  it('are converted where an element comes twice, empty and long', async () => {
    const twice = [text(0x00081030, 'LO', ''), text(0x00081030, 'UT', 'x'.repeat(70_000))];
    const again = await transcoded(part10(object(...twice), { spelling: 'deflated' }));
    expect((await scan(again)).kind).toBe('header');
  });

  it('are refused where pixel data is a sequence, and where a UID is a number', async () => {
    expect((await scan(part10(object(sequence(0x7fe00010, [[]], true))))).kind).toBe('refused');
    const asSequence = Buffer.from(encapsulated([Buffer.alloc(8)]));
    asSequence.write('SQ', 4);
    expect((await scan(part10(Buffer.concat([spell(object(), 'explicit'), asSequence])))).kind).toBe('refused');
    for (const vr of ['US', 'FD']) {
      const file = part10(
        object().map((element) => (element.tag === 0x0020000d ? { ...element, vr } : element)),
        { spelling: 'big' },
      );
      expect(await scan(file)).toMatchObject({ kind: 'refused', reason: 'data-set-mismatch' });
    }
  });

  it('are refused where a deflated data set has pixel data in fragments', async () => {
    const elements = spell(object(...image(2, 2, { frames: 2 })), 'explicit');
    const fragments = encapsulated([1, 2, 3].map((byte) => Buffer.alloc(8, byte)));
    const file = part10(Buffer.concat([elements, fragments]), { spelling: 'deflated' });
    expect(await scan(file)).toMatchObject({ kind: 'refused', reason: 'cannot-understand' });
  });

  it('of 500,000 elements and items are taken, and of more refused before they fill the memory', async () => {
    const items = (count: number): Buffer => {
      const bytes = Buffer.alloc(8 * count);
      for (let at = 0; at < bytes.length; at += 8) bytes.writeUInt32LE(0xe000fffe, at);
      return bytes;
    };
    const file = (count: number): Buffer => {
      const sequence = Buffer.from('410010105351000000000000', 'hex');
      const inner = items(count - object().length - 1);
      sequence.writeUInt32LE(inner.length, 8);
      return part10(Buffer.concat([spell(object(), 'explicit'), sequence, inner]));
    };
    expect((await scan(file(500_000))).kind).toBe('header');
    expect(await scan(file(500_001))).toMatchObject({ kind: 'refused', reason: 'cannot-understand' });
  });

  it('give no frame of more bytes than there are, whatever was announced', async () => {
    const file = part10(Buffer.concat([spell(object(), 'explicit'), encapsulated([Buffer.alloc(1000)])]), {
      transferSyntaxUID: '1.2.840.10008.1.2.4.90',
    });
    const frames = { kind: 'encapsulated', frames: [Array.from({ length: 3 }, () => [400, 800] as const)] } as const;
    await expect(
      frameBytes(bufferSource(file), { ...(await header(file)), frames }, { number: 1 }),
    ).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('are refused where the File Meta Information ends within its last value', async () => {
    const file = part10(object());
    const lengthAt = 140;
    // A length of 32 bits, up to the middle of the Transfer Syntax UID; readers that do not know OV take one of 16 bits.
    file.write('OV', lengthAt - 4);
    file.writeUInt32LE(file.readUInt32LE(lengthAt) - 4, lengthAt);
    expect(await scan(file)).toMatchObject({ kind: 'refused', reason: 'cannot-understand' });
  });

  it.each(['__proto__', 'constructor', '1..2', '1.2.840\\1.2'])(
    'are refused where the Transfer Syntax is %s',
    async (transferSyntaxUID) => {
      const result = await scan(part10(object(), { transferSyntaxUID }));
      expect(result).toMatchObject({ kind: 'refused', reason: 'cannot-understand' });
    },
  );

  it.each([
    ['spaces before a letter', 'LO', `${' '.repeat(4095)}x`],
    ['digits before a letter', 'DS', `${'9'.repeat(4095)}x`],
    ['zeros before a digit', 'DS', `1${'0'.repeat(4000)}.${'0'.repeat(94)}1`],
    ['zeros before an exponent', 'DS', `1${'0'.repeat(4090)}1e1`],
  ])('with values of %s take no longer than their bytes', async (_, vr, value) => {
    const elements = Array.from({ length: 300 }, (_unused, index) => text(0x00411000 + index, vr, value));
    const file = part10(object(...elements));
    const begun = performance.now();
    await json(file);
    expect(performance.now() - begun).toBeLessThan(2_000);
  });
});

function hex(number: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(number);
  return bytes.toString('hex');
}
