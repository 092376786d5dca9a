import { describe, expect, it } from '@jest/globals';
import type { InstanceHeader } from '../../dicom/data-set/instance-header.js';
import type { Body } from '../../ledger/ledger.js';
import { encodeHeader } from '../../dicom/metadata/encode-header.js';
import { createHeaderCache } from './header-cache.js';

const headerOf = (also: Partial<InstanceHeader> = {}): InstanceHeader => ({
  source: 'part10',
  transferSyntaxUID: '1.2.840.10008.1.2.1',
  fileMeta: Buffer.alloc(0),
  dataSetOffset: 132,
  dataSetSha256: 'ab',
  dataSet: Buffer.alloc(100),
  bulk: [],
  frames: undefined,
  ...also,
});
const sliceBytes = (grey: number): Buffer => encodeHeader(headerOf({ dataSet: Buffer.alloc(100, grey) }));

describe('createHeaderCache', () => {
  it('decodes the header of an instance once, whichever buffer its bytes come in', () => {
    const { decoded } = createHeaderCache();
    const first = decoded('0x1', sliceBytes(1));
    expect(first).toEqual(headerOf({ dataSet: Buffer.alloc(100, 1) }));
    expect(decoded('0x1', sliceBytes(1))).toBe(first);
  });

  it('never gives the header of another announcement of the same instance', () => {
    const { decoded } = createHeaderCache();
    const first = decoded('0x1', sliceBytes(1));
    const second = decoded('0x1', sliceBytes(2));
    expect(second.dataSet).toEqual(Buffer.alloc(100, 2));
    expect(decoded('0x1', sliceBytes(1))).not.toBe(second);
    expect(decoded('0x1', sliceBytes(1))).toEqual(first);
  });

  it('keeps what a content is read by beside its decoded header', () => {
    const cache = createHeaderCache();
    const bodies = { header: sliceBytes(1), body: { byteCount: 1, list: ['0x1'] } as unknown as Body };
    const first = cache.decoded('0x1', sliceBytes(1));
    expect(cache.bodies('0x1')).toBeUndefined();
    const before = cache.byteCount;
    cache.keep('0x1', bodies);
    expect(cache.byteCount).toBeGreaterThan(before);
    expect(cache.bodies('0x1')).toEqual(bodies);
    expect(cache.decoded('0x1', bodies.header)).toBe(first);
    expect(cache.bodies('0x2')).toBeUndefined();
    cache.decoded('0x1', sliceBytes(2));
    expect(cache.bodies('0x1')).toBeUndefined();
  });

  it('forgets what was not asked for the longest, and keeps to its bound', () => {
    const one = createHeaderCache();
    one.decoded('0x1', sliceBytes(1));
    const maxBytes = 2 * one.byteCount;
    const cache = createHeaderCache({ maxBytes });
    const [first, second] = [1, 2].map((key) => cache.decoded(`0x${key}`, sliceBytes(1)));
    expect(cache.decoded('0x1', sliceBytes(1))).toBe(first);
    cache.decoded('0x3', sliceBytes(1));
    expect(cache.byteCount).toBeLessThanOrEqual(maxBytes);
    expect(cache.decoded('0x1', sliceBytes(1))).toBe(first);
    expect(cache.decoded('0x2', sliceBytes(1))).not.toBe(second);
  });

  it('does not keep a header that is larger than all it may keep', () => {
    const frames = { kind: 'encapsulated', frames: Array.from({ length: 1000 }, () => [[0, 1] as const]) } as const;
    const bytes = encodeHeader(headerOf({ frames }));
    const cache = createHeaderCache({ maxBytes: 100_000 });
    expect(cache.decoded('0x1', bytes)).not.toBe(cache.decoded('0x1', bytes));
    expect(cache.byteCount).toBe(0);
  });

  it('rejects what is no header, each time', () => {
    const { decoded } = createHeaderCache();
    for (let i = 0; i < 2; i++) expect(() => decoded('0x1', Buffer.from('none'))).toThrow(/header/);
  });
});
