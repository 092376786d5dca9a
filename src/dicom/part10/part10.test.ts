import { dicomJsonText } from '../../standard/dicom-json.js';
import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { bufferSource, type ByteSource } from '../../base/byte-source.js';
import { createDataSetDigest } from './data-set-digest.js';
import {
  image,
  object,
  part10,
  sequence,
  spell,
  text,
  words,
  type HandMade,
  type Spelling,
} from '../testing/hand-made.js';
import { toDicomJson } from '../metadata/json.js';
import { peekSOPInstanceUID, scanPart10, type ScanOptions } from './part10.js';
import type { ScanResult } from '../data-set/validate.js';

const scan = (file: Buffer, options?: ScanOptions): Promise<ScanResult> => scanPart10(bufferSource(file), options);

async function header(file: Buffer) {
  const result = await scan(file);
  if (result.kind === 'refused') throw new Error(result.message);
  return result.header;
}

async function json(file: Buffer): Promise<string> {
  return dicomJsonText(toDicomJson(await header(file), { bulkDataUri: (at) => `bulk/${at}` }));
}

async function refusal(file: Buffer, options?: ScanOptions): Promise<string> {
  const result = await scan(file, options);
  return result.kind === 'refused' ? `${result.reason}: ${result.message}` : 'taken';
}

const nested = (depth: number): HandMade[] =>
  depth === 0 ? [text(0x00080100, 'SH', 'x')] : [sequence(0x0040a730, [nested(depth - 1)])];

const everything = object(
  text(0x00080060, 'CS', 'OT'),
  sequence(0x00081140, [[text(0x00081150, 'UI', '1.2')], [text(0x00081155, 'UI', '1.3')]], true),
  sequence(0x00081199, []),
  text(0x00090010, 'LO', 'ACUSON'),
  ...image(2, 3, { bits: 16 }),
  words(0x00280106, 'US', 7),
  sequence(0x0040a730, [[sequence(0x0040a730, [[text(0x0040a160, 'UT', 'deep')]])]]),
  { tag: 0x7fe00010, vr: 'OW', value: Buffer.from([1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0]) },
);

describe('scanPart10', () => {
  it('reads the same data set in every uncompressed encoding', async () => {
    const expected = await json(part10(everything));
    for (const spelling of ['implicit', 'big', 'deflated'] as const)
      expect(await json(part10(everything, { spelling }))).toBe(expected);
  });

  it('keeps values of 4,096 bytes and leaves out those of 4,097 with their place in the file', async () => {
    const kept = Buffer.alloc(4096, 'a');
    const long = Buffer.alloc(4097, 'b');
    const file = part10(object({ tag: 0x00204000, vr: 'UT', value: kept }, { tag: 0x00324000, vr: 'UT', value: long }));
    const { bulk, dataSet } = await header(file);
    expect(bulk).toEqual([{ path: '00324000', vr: 'UT', offset: file.indexOf(long), byteCount: 4097 }]);
    expect(dataSet.includes(kept)).toBe(true);
    expect(dataSet.includes('bb')).toBe(false);
  });

  it('leaves out pixel data of any length, also of an icon', async () => {
    const pixels: HandMade = { tag: 0x7fe00010, vr: 'OW', value: Buffer.from([9, 9]) };
    const { bulk } = await header(part10(object(sequence(0x00880200, [[pixels]]), pixels)));
    expect(bulk.map((value) => value.path)).toEqual(['00880200/0/7FE00010', '7FE00010']);
  });

  it('reads implicit VR inside UN of undefined length, whatever surrounds it', async () => {
    const inner = spell([sequence(0x00081140, [[text(0x00081150, 'UI', '1.2')]])], 'implicit').subarray(8);
    const file = (spelling: Spelling) => {
      const un = Buffer.from(spelling === 'big' ? '00081140554e0000ffffffff' : '08004011554e0000ffffffff', 'hex');
      const [uids, rest] = [object().slice(0, 2), object().slice(2)].map((part) => spell(part, spelling));
      return part10(Buffer.concat([uids!, un, inner, rest!]), { spelling });
    };
    for (const spelling of ['explicit', 'big'] as const)
      expect(JSON.parse(await json(file(spelling)))).toMatchObject({
        '00081140': { vr: 'SQ', Value: [{ '00081150': { vr: 'UI', Value: ['1.2'] } }] },
        '0020000E': { vr: 'UI', Value: ['1.2.3.6'] },
      });
  });

  it('reads a data set that is in implicit VR though it declares explicit', async () => {
    const file = part10(spell(everything, 'implicit'), { spelling: 'explicit' });
    expect(await json(file)).toBe(await json(part10(everything)));
  });

  it('goes by the elements of the File Meta, not by its group length', async () => {
    const file = part10(object());
    file.writeUInt32LE(9999, 140);
    expect((await scan(file)).kind).toBe('header');
  });

  it('gives the SHA-256 of the data set, as the digest taken while spooling does', async () => {
    const file = part10(everything, { mediaStorageUid: '1.2.3.4' });
    const { dataSetOffset, dataSetSha256 } = await header(file);
    expect(dataSetSha256).toBe(createHash('sha256').update(file.subarray(dataSetOffset)).digest('hex'));
    const digest = createDataSetDigest();
    for (const byte of file) digest.update(Buffer.from([byte]));
    expect(digest.digest()).toBe(dataSetSha256);
  });

  it('reads no more than a window around each element of a long file', async () => {
    const head = part10(object(...image(1024, 1024, { frames: 2000 })));
    const pixels = Buffer.from('e07f10004f57000000000078', 'hex');
    pixels.writeUInt32LE(2000 * 1024 * 1024, 8);
    let read = 0;
    const source: ByteSource = {
      byteCount: head.length + 12 + 2000 * 1024 * 1024,
      read: async (offset, byteCount) => {
        read = Math.max(read, byteCount);
        const bytes = Buffer.alloc(byteCount);
        Buffer.concat([head, pixels]).copy(bytes, 0, offset);
        return bytes;
      },
    };
    const result = await scanPart10(source, { dataSetSha256: 'known' });
    expect(result).toMatchObject({ kind: 'header', header: { frames: { frameCount: 2000 } } });
    expect(read).toBeLessThanOrEqual(65_536);
  });

  it('refuses what is no Part 10 file, and says why', async () => {
    expect(await refusal(Buffer.alloc(0))).toMatch(/^cannot-understand: .*"DICM"/);
    expect(await refusal(spell(object(), 'explicit'))).toMatch(/^cannot-understand: .*"DICM"/);
    const noSyntax = Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), spell(object(), 'explicit')]);
    expect(await refusal(noSyntax)).toMatch(/\(0002,0010\)/);
    expect(await refusal(part10([text(0x00041130, 'CS', 'DISK')]))).toMatch(/\(0004,1130\)/);
  });

  it('refuses a file that is cut anywhere within an element, and never throws', async () => {
    const file = part10(everything);
    const whole = await header(file);
    for (let end = 0; end < file.length; end++) {
      const result = await scan(file.subarray(0, end));
      if (result.kind === 'header') expect(result.header.dataSet.length).toBeLessThanOrEqual(whole.dataSet.length);
    }
    expect(await refusal(file.subarray(0, file.length - 1))).toMatch(/ends at byte \d+.*send the whole file/);
  });

  it('survives changed bytes', async () => {
    const file = part10(everything);
    for (let at = 132; at < file.length; at++) {
      const changed = Buffer.from(file);
      changed[at] = changed[at]! ^ 0xff;
      expect(['header', 'refused']).toContain((await scan(changed)).kind);
    }
  });

  it('takes sequences 64 deep and refuses deeper ones', async () => {
    expect(await refusal(part10(object(...nested(64))))).toBe('taken');
    expect(await refusal(part10(object(...nested(65))))).toMatch(/more than 64 deep/);
  });

  it('warns of zeros after the last element and refuses other garbage', async () => {
    const file = part10(object());
    const padded = await scan(Buffer.concat([file, Buffer.alloc(5000)]));
    expect(padded).toMatchObject({ kind: 'header', warnings: [expect.stringMatching(/filled up with zeros/)] });
    expect(await refusal(Buffer.concat([file, Buffer.alloc(5000, 0xee)]))).toMatch(/cannot-understand/);
  });

  it('refuses an instance without one of the four UIDs and names it', async () => {
    for (const [i, keyword] of ['SOPClassUID', 'SOPInstanceUID', 'StudyInstanceUID', 'SeriesInstanceUID'].entries()) {
      const elements = object().filter((_, index) => index !== i);
      expect(await refusal(part10(elements))).toMatch(new RegExp(`^data-set-mismatch: .*${keyword}`));
    }
    const noSeries = await scan(part10(object().slice(0, 3)));
    expect(noSeries).toMatchObject({ SOPInstanceUID: '1.2.3.4', SOPClassUID: '1.2.840.10008.5.1.4.1.1.7' });
  });

  it('takes UIDs of 64 characters and refuses longer and malformed ones', async () => {
    const study = (uid: string) => part10([...object().slice(0, 2), text(0x0020000d, 'UI', uid), object()[3]!]);
    expect(await refusal(study(`1.${'2'.repeat(62)}`))).toBe('taken');
    expect(await refusal(study(`1.${'2'.repeat(63)}`))).toMatch(/StudyInstanceUID/);
    expect(await refusal(study('1..2'))).toMatch(/"1\.\.2" is not a UID/);
  });

  it('warns when (0002,0003) is another UID than (0008,0018)', async () => {
    expect(await scan(part10(object(), { mediaStorageUid: '1.9' }))).toMatchObject({
      kind: 'header',
      identity: { SOPInstanceUID: '1.2.3.4' },
      warnings: [expect.stringMatching(/\(0002,0003\)/)],
    });
  });

  it('inflates a deflated data set up to the limit and refuses a longer or damaged one', async () => {
    const elements = object({ tag: 0x00324000, vr: 'UT', value: Buffer.alloc(200_000, 'x') });
    const file = part10(elements, { spelling: 'deflated' });
    const maxInflatedBytes = spell(elements, 'explicit').length;
    expect(await refusal(file, { maxInflatedBytes })).toBe('taken');
    expect(await refusal(file, { maxInflatedBytes: maxInflatedBytes - 1 })).toMatch(/inflates to more than/);
    expect(await refusal(file.subarray(0, file.length - 9))).toMatch(/damaged/);
  });
});

describe('peekSOPInstanceUID', () => {
  it('finds it from the first bytes of a file, and nothing in another file', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'peek-'));
    const peek = async (bytes: Buffer) => {
      await writeFile(path.join(folder, 'file'), bytes);
      return peekSOPInstanceUID(path.join(folder, 'file'));
    };
    for (const spelling of ['implicit', 'explicit', 'big', 'deflated'] as const)
      expect(await peek(part10(everything, { spelling }))).toBe('1.2.3.4');
    expect(await peek(part10(object().slice(2)))).toBeUndefined();
    expect(await peek(Buffer.from('no DICOM'))).toBeUndefined();
    await rm(folder, { recursive: true });
  });
});
