import { describe, expect, it } from '@jest/globals';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { createVarintWriter, decodeHeader, encodeHeader, isSameHeader } from './encode-header.js';
import type { Fragment, FrameLayout, InstanceHeader } from '../data-set/instance-header.js';

const header = (frames: FrameLayout | undefined, more: Partial<InstanceHeader> = {}): InstanceHeader => ({
  source: 'part10',
  transferSyntaxUID: '1.2.840.10008.1.2.4.90',
  fileMeta: Buffer.from('meta'),
  dataSetOffset: 330,
  dataSetSha256: 'ab'.repeat(32),
  dataSet: Buffer.from('data set'),
  bulk: [{ path: '54000100/0/54001010', vr: 'OW', offset: 2 ** 40, byteCount: 4097 }],
  frames,
  ...more,
});

describe('encodeHeader and decodeHeader', () => {
  it.each<[string, InstanceHeader]>([
    ['no frames', header(undefined)],
    ['native frames', header({ kind: 'native', offset: 1234, frameBits: 12, frameCount: 3 })],
    [
      'fragments in order and out of order',
      header({
        kind: 'encapsulated',
        frames: [
          [
            [5_000_000_000, 127],
            [5_000_000_135, 128],
          ],
          [[400, 16_384]],
          [],
        ],
      }),
    ],
    [
      'an uploaded image',
      header(undefined, { source: 'image/png', fileName: 'Röntgen "1".png', acquisition: '20260101' }),
    ],
    [
      'an encrypted body',
      header(undefined, { byteCount: 12, encrypted: { scheme: 1, byteCount: 9, sha256: 'cd'.repeat(32) } }),
    ],
    ['the issuer of its site', header(undefined, { patientIdIssuer: 'I'.repeat(64) })],
  ])('keep all of a header with %s', (_, given) => {
    expect(decodeHeader(encodeHeader(given))).toEqual(given);
  });

  it('give the same bytes for the same header', () => {
    expect(encodeHeader(header(undefined))).toEqual(encodeHeader(header(undefined)));
  });

  it('need fewer than five bytes a frame for 10,000 frames of unequal length', () => {
    const frames: Fragment[][] = [];
    let offset = 1000;
    for (let i = 0; i < 10_000; i++) {
      const byteCount = 150_000 + 2 * ((i * 7919 * 7919) % 20_011);
      frames.push([[offset, byteCount]]);
      offset += byteCount + 8;
    }
    expect(encodeHeader(header({ kind: 'encapsulated', frames })).length).toBeLessThan(50_000);
  });

  it('refuse another version, damage and truncation as corrupt', () => {
    const good = encodeHeader(header({ kind: 'encapsulated', frames: [[[400, 2]]] }));
    const other = Buffer.from(good);
    other[0] = 2;
    expect(() => decodeHeader(other)).toThrow(/version 2.*reads version 1/);
    expect(() => decodeHeader(Buffer.alloc(0))).toThrow(expect.objectContaining({ code: 'corrupt' }));
    for (let end = 1; end < good.length; end++)
      expect(() => decodeHeader(good.subarray(0, end))).toThrow(expect.objectContaining({ code: 'corrupt' }));
    const nonsense = Buffer.concat([Buffer.from([1]), deflateRawSync(Buffer.from([255, 255, 255, 255]))]);
    expect(() => decodeHeader(nonsense)).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });

  const inflated = (given: InstanceHeader) => inflateRawSync(encodeHeader(given).subarray(1)).toString('latin1');
  const deflated = (text: string) => Buffer.concat([Buffer.from([1]), deflateRawSync(Buffer.from(text, 'latin1'))]);

  it.each([
    ['an offset that is none', '"dataSetOffset":330', '"dataSetOffset":-33'],
    ['an offset that is no number', '"dataSetOffset":330', '"dataSetOffset":[0]'],
    ['another source', '"part10"', '"part99"'],
    ['a bulk value without length', ',4097]', ',-409]'],
    ['a bulk value without path', '"54000100/0/54001010"', '[[[[[[[[0]]]]]]]]    '],
    ['frames that are none', '[1234,12,3]', '[1234,12  ]'],
    ['frames of no number', '[1234,12,3]', '[1234,[],3]'],
    ['an issuer that is no text', '"patientIdIssuer":"north"', '"patientIdIssuer":[0,0,0]'],
  ])('refuse %s, whoever announced it', (_, from, to) => {
    const frames: FrameLayout = { kind: 'native', offset: 1234, frameBits: 12, frameCount: 3 };
    const text = inflated(header(frames, { patientIdIssuer: 'north' }));
    expect(text).toContain(from);
    expect(to).toHaveLength(from.length);
    expect(() => decodeHeader(deflated(text.replace(from, to)))).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });

  it('refuse an issuer of 65 characters, whoever announced it', () => {
    const bytes = encodeHeader(header(undefined, { patientIdIssuer: 'I'.repeat(65) }));
    expect(() => decodeHeader(bytes)).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });

  it.each([
    ['a scheme that is no byte', [256, 9, 'cd'.repeat(32)], 12],
    ['a length that is negative', [1, -9, 'cd'.repeat(32)], 12],
    ['a length that is no integer', [1, 0.5, 'cd'.repeat(32)], 12],
    ['a digest that is none', [1, 9, 'CD'.repeat(32)], 12],
    ['a digest that is too short', [1, 9, 'cd'.repeat(31)], 12],
    ['nothing', [], 12],
    ['more than that', [1, 9, 'cd'.repeat(32), 0], 12],
    ['an object', { 0: 1, 1: 9, 2: 'cd'.repeat(32), length: 3 }, 12],
    ['null', null, 12],
    ['no length of what was given', [1, 9, 'cd'.repeat(32)], undefined],
  ])('refuse an encrypted body that is said to hold %s, whoever announced it', (_, encrypted, byteCount) => {
    const frames: FrameLayout = { kind: 'native', offset: 1234, frameBits: 12, frameCount: 3 };
    const good = header(frames, { byteCount: 12, encrypted: { scheme: 1, byteCount: 9, sha256: 'cd'.repeat(32) } });
    const text = inflated(good);
    const json = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1);
    const told = JSON.stringify({ ...(JSON.parse(json) as object), byteCount, encrypted });
    const parts = [told, good.fileMeta.toString('latin1'), good.dataSet.toString('latin1'), ''];
    const lengths = createVarintWriter();
    for (const { length } of parts) lengths.write(length);
    const changed = Buffer.concat([lengths.finish(), Buffer.from(parts.join(''), 'latin1')]).toString('latin1');
    expect(() => decodeHeader(deflated(changed))).toThrow(expect.objectContaining({ code: 'corrupt' }));
    // The test itself makes readable ones.
    if (byteCount === undefined)
      expect(decodeHeader(deflated(changed.replace(/"encrypted"/, '"encryptea"')))).toBeDefined();
  });

  it('are byte for byte those of release 1 where nothing is encrypted', () => {
    const given = header(undefined, { byteCount: 12, fileName: 'a.png' });
    expect(inflated(given)).toContain(',"byteCount":12,"fileName":"a.png"}metadata set');
    expect(inflated(given)).not.toContain('encrypted');
  });

  /** A header that inflates to so many bytes; `grain` bytes of a value are equal. */
  const ofBytes = (byteCount: number, grain = 1): InstanceHeader => {
    const empty = inflated(header(undefined, { dataSet: Buffer.alloc(0) })).length;
    // The length of the data set takes two bytes more than 0 does from 2^14, three more from 2^21.
    const rest = byteCount - empty - (byteCount > 2 ** 21 + 1000 ? 3 : 2);
    let state = 1;
    const dataSet = Buffer.alloc(rest);
    for (let at = 0; at < rest; at += grain)
      dataSet.fill((state = (state * 48271) % 2147483647) % 256, at, Math.min(rest, at + grain));
    return header(undefined, { dataSet });
  };

  it('take what inflates to 2 MiB and refuse one byte more as too large, with the figures', () => {
    const largest = ofBytes(2 ** 21, 3);
    expect(inflated(largest)).toHaveLength(2 ** 21);
    expect(isSameHeader(decodeHeader(encodeHeader(largest)), largest)).toBe(true);
    const more = encodeHeader({ ...largest, dataSet: Buffer.concat([largest.dataSet, Buffer.alloc(1)]) });
    expect(() => decodeHeader(more)).toThrow(
      expect.objectContaining({ code: 'too-large', message: expect.stringContaining('more than 2097152 bytes') }),
    );
    expect(decodeHeader(more, { maxBytes: 2 ** 21 + 1 })).toMatchObject({ source: 'part10' });
    expect(() => decodeHeader(encodeHeader(largest), { maxBytes: 2 ** 21 - 1 })).toThrow(
      expect.objectContaining({ code: 'too-large' }),
    );
  });

  it('refuse what is packed more than 100 times once it has more than 64 KiB', () => {
    const zeros = (byteCount: number): string => '\0'.repeat(byteCount);
    // Not a header, but within the bounds.
    expect(() => decodeHeader(deflated(zeros(2 ** 16)))).toThrow(expect.objectContaining({ code: 'corrupt' }));
    expect(deflated(zeros(2 ** 16 + 1)).length).toBeLessThan(200);
    expect(() => decodeHeader(deflated(zeros(2 ** 16 + 1)))).toThrow(
      expect.objectContaining({ code: 'too-large', message: expect.stringContaining('more than 100 times') }),
    );
  });

  it('are never packed so that a reader refuses them', () => {
    const even = header(undefined, { dataSet: Buffer.alloc(2_000_000) });
    const bytes = encodeHeader(even);
    expect(isSameHeader(decodeHeader(bytes), even)).toBe(true);
    expect(bytes.length).toBeGreaterThan(20_000);
    expect(encodeHeader(even).equals(bytes)).toBe(true);
  });

  it('inflate no more of a bomb than the bounds allow', () => {
    const bomb = deflated('\0'.repeat(120 * 2 ** 20));
    expect(bomb.length).toBeLessThan(125_000);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => decodeHeader(bomb)).toThrow(expect.objectContaining({ code: 'too-large' }));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 2 ** 20);
  });
});

describe('isSameHeader', () => {
  it('tells headers by what they say', () => {
    const one = header({ kind: 'encapsulated', frames: [[[400, 2]]] });
    expect(isSameHeader(one, { ...one, dataSet: Buffer.from('data set') })).toBe(true);
    expect(isSameHeader(one, { ...one, dataSet: Buffer.from('data sat') })).toBe(false);
    expect(isSameHeader(one, { ...one, fileMeta: Buffer.from('metadata'), dataSet: Buffer.from(' set') })).toBe(false);
    expect(isSameHeader(one, { ...one, patientIdIssuer: 'north' })).toBe(false);
    expect(isSameHeader(one, { ...one, frames: { kind: 'encapsulated', frames: [[[400, 3]]] } })).toBe(false);
  });
});
