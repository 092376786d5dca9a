import { describe, expect, it } from '@jest/globals';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { decodeHeader, encodeHeader, createVarintWriter } from './encode-header.js';
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
  ])('refuse %s, whoever announced it', (_, from, to) => {
    const text = inflated(header({ kind: 'native', offset: 1234, frameBits: 12, frameCount: 3 }));
    expect(text).toContain(from);
    expect(to).toHaveLength(from.length);
    expect(() => decodeHeader(deflated(text.replace(from, to)))).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });

  it('take a summary of 16 MiB and refuse a longer one on both sides', () => {
    const given = (byteCount: number): InstanceHeader => header(undefined, { fileName: 'x'.repeat(byteCount) });
    const around = inflated(given(0)).length - 'metadata set'.length - 10;
    expect(decodeHeader(encodeHeader(given(16 * 2 ** 20 - around - 200)))).toMatchObject({ source: 'part10' });
    expect(() => encodeHeader(given(16 * 2 ** 20))).toThrow(expect.objectContaining({ code: 'bad-request' }));
    const lists = `{"bulk":[${'[],'.repeat(8 * 2 ** 20)}[]]}`;
    const lengths = createVarintWriter();
    for (const length of [lists.length, 0, 0, 0]) lengths.write(length);
    const bomb = deflated(lengths.finish().toString('latin1') + lists);
    expect(() => decodeHeader(bomb)).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });

  it('take 2,000,000 frames and fragments together and refuse one more, before they fill the memory', () => {
    const given = (fragmentCount: number): InstanceHeader =>
      header({ kind: 'encapsulated', frames: [Array.from({ length: fragmentCount }, (): Fragment => [8, 0])] });
    expect(decodeHeader(encodeHeader(given(1_999_999))).frames).toMatchObject({ kind: 'encapsulated' });
    expect(() => decodeHeader(encodeHeader(given(2_000_000)))).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });

  it('refuse what inflates to more than 128 MiB', () => {
    const bomb = Buffer.concat([Buffer.from([1]), deflateRawSync(Buffer.alloc(128 * 1024 * 1024 + 1))]);
    expect(() => decodeHeader(bomb)).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });
});
