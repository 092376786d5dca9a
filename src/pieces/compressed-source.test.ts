import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { bufferSource, type ByteSource } from '../base/byte-source.js';
import { METHOD } from './compress-segment.js';
import { SEGMENT_BYTES, writeIndexEntry } from './segment-index.js';
import { compressedSource } from './compressed-source.js';
import { decompressedSource } from './decompressed-source.js';

const pieceBytes = 30_720;

/** Slowly changing samples with some noise, as scanners give them. */
function samples(byteCount: number, noise = 16): Buffer {
  const bytes = randomBytes(byteCount);
  for (let i = 0; i + 1 < byteCount; i += 2)
    bytes.writeUInt16LE(1000 + Math.round(500 * Math.sin(i / 300)) + (bytes[i]! % noise), i);
  return bytes;
}

const whole = (source: ByteSource): Promise<Buffer> => source.read(0, source.byteCount);

/** The packed bytes of what can be packed. */
async function packed(bytes: Buffer): Promise<Buffer> {
  const source = await compressedSource(bufferSource(bytes));
  if (!source) throw new Error('It is not packed.');
  return whole(source);
}

const unpacked = (bytes: Buffer, byteCount: number) =>
  decompressedSource(bufferSource(bytes), { byteCount, pieceBytes });

describe('packedSource', () => {
  it('gives back any bytes that it packs', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.uint8Array({ maxLength: 9 }), fc.integer({ min: 1, max: 20_000 })), { maxLength: 6 }),
        async (runs) => {
          const bytes = Buffer.concat(runs.map(([run, times]) => Buffer.alloc(run.length * times, run)));
          const source = await compressedSource(bufferSource(bytes));
          if (!source) return;
          expect(source.byteCount).toBeLessThan(bytes.length);
          expect((await whole(unpacked(await whole(source), bytes.length))).equals(bytes)).toBe(true);
        },
      ),
      { numRuns: 50 },
    ));

  it.each([2, 4096, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, 5 * SEGMENT_BYTES + 7])(
    'packs %d bytes of samples and gives them back',
    async (byteCount) => {
      const bytes = byteCount < 4096 ? Buffer.alloc(byteCount) : samples(byteCount);
      const source = await compressedSource(bufferSource(bytes));
      // Two bytes cannot become fewer with an index of four.
      expect(source === undefined).toBe(byteCount < 4096);
      if (source) expect((await whole(unpacked(await whole(source), byteCount))).equals(bytes)).toBe(true);
    },
  );

  it('makes samples at most half, and better than a plain compressor does', async () => {
    const bytes = samples(400_000);
    const { length } = await packed(bytes);
    expect(length).toBeLessThan(bytes.length / 2);
    expect(length).toBeLessThan(deflateRawSync(bytes).length);
  });

  it('leaves alone what gets no smaller, and what is empty', async () => {
    expect(await compressedSource(bufferSource(randomBytes(300_000)))).toBeUndefined();
    expect(await compressedSource(bufferSource(Buffer.alloc(0)))).toBeUndefined();
  });

  it('keeps blocks as they are that do not get smaller', async () => {
    const noise = randomBytes(SEGMENT_BYTES);
    const bytes = Buffer.concat([noise, samples(5 * SEGMENT_BYTES)]);
    const all = await packed(bytes);
    expect(all.subarray(0, SEGMENT_BYTES).equals(noise)).toBe(true);
    expect((await whole(unpacked(all, bytes.length))).equals(bytes)).toBe(true);
  });

  it('reads at any position what the whole has there, also when its blocks are not in memory any more', async () => {
    const bytes = samples(4_000_000, 250);
    const source = (await compressedSource(bufferSource(bytes)))!;
    expect(source.byteCount).toBeGreaterThan(2 * 1024 * 1024);
    const all = await whole(source);
    await fc.assert(
      fc.asyncProperty(fc.nat(all.length), fc.nat(3 * pieceBytes), async (offset, length) => {
        const end = Math.min(all.length, offset + length);
        expect((await source.read(offset, end - offset)).equals(all.subarray(offset, end))).toBe(true);
      }),
      { numRuns: 60 },
    );
    await expect(source.read(all.length, 1)).rejects.toMatchObject({ code: 'corrupt' });
  });
});

describe('unpackedSource', () => {
  it('reads and streams any range as it was given', async () => {
    const bytes = samples(2_500_001, 200);
    const source = unpacked(await packed(bytes), bytes.length);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length), fc.nat(bytes.length), async (one, other) => {
        const [offset, end] = [Math.min(one, other), Math.max(one, other)];
        expect((await source.read(offset, end - offset)).equals(bytes.subarray(offset, end))).toBe(true);
        const parts: Buffer[] = [];
        for await (const part of source.stream(offset, end - offset)) parts.push(part);
        expect(Buffer.concat(parts).equals(bytes.subarray(offset, end))).toBe(true);
      }),
      { numRuns: 25 },
    );
    await expect(source.read(bytes.length - 1, 2)).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('reads the end and the blocks that hold the range, and a small body at once', async () => {
    const reads: string[] = [];
    const noting = (bytes: Buffer): ByteSource => ({
      byteCount: bytes.length,
      read: async (offset, count) => {
        reads.push(`${offset}+${count}`);
        return bytes.subarray(offset, offset + count);
      },
    });
    const small = samples(210_000);
    const smallPacked = await packed(small);
    await whole(decompressedSource(noting(smallPacked), { byteCount: small.length, pieceBytes }));
    expect(reads.splice(0)).toEqual([`0+${smallPacked.length}`]);

    const large = samples(6_000_000);
    const source = decompressedSource(noting(await packed(large)), { byteCount: large.length, pieceBytes });
    await source.read(1_000_000, 100_000);
    await source.read(2_000_000, 100_000);
    const [tail, first, second] = reads.map((read) => Number(read.split('+')[1]));
    expect(reads).toHaveLength(3);
    expect(tail).toBeLessThan(200_000);
    expect(first).toBeLessThan(3 * SEGMENT_BYTES);
    expect(second).toBeLessThan(3 * SEGMENT_BYTES);
  });

  it('asks again for an index that could not be read', async () => {
    const bytes = samples(100_000);
    const all = bufferSource(await packed(bytes));
    let failures = 1;
    const flaky: ByteSource = {
      ...all,
      read: async (offset, count) => {
        if (failures-- > 0) throw new Error('no node');
        return all.read(offset, count);
      },
    };
    const source = decompressedSource(flaky, { byteCount: bytes.length, pieceBytes });
    await expect(whole(source)).rejects.toThrow('no node');
    expect((await whole(source)).equals(bytes)).toBe(true);
  });

  /** A packed body of one block that says what it likes. */
  function forged(block: Buffer, entry: { method: number; length: number }): Buffer {
    const index = Buffer.alloc(4);
    writeIndexEntry(index, 0, entry);
    return Buffer.concat([block, index]);
  }

  it.each([
    ['a block that would be larger than a block', deflateRawSync(Buffer.alloc(50_000_000)), METHOD.deflated, 60_000],
    ['one byte too many', deflateRawSync(Buffer.alloc(60_001)), METHOD.samples, 60_000],
    ['one byte too few', deflateRawSync(Buffer.alloc(59_999)), METHOD.deflated, 60_000],
    ['a plain block of another size', Buffer.alloc(100), METHOD.plain, 101],
    ['garbage', Buffer.alloc(100, 0xff), METHOD.deflated, 60_000],
    ['no bytes', Buffer.alloc(0), METHOD.deflated, 60_000],
    ['an unknown way', deflateRawSync(Buffer.alloc(60_000)), 3, 60_000],
  ])('says that the body is corrupt that has %s', async (_what, block, as, byteCount) => {
    const source = unpacked(forged(block, { method: as, length: block.length }), byteCount);
    await expect(whole(source)).rejects.toMatchObject({ code: 'corrupt' });
  });

  it.each([1, 2 ** 40, Number.MAX_SAFE_INTEGER])(
    'says that a body is corrupt whose index does not fit %d bytes',
    async (byteCount) => {
      const block = deflateRawSync(Buffer.alloc(60_000));
      const source = unpacked(forged(block, { method: METHOD.deflated, length: block.length + 1 }), byteCount);
      await expect(source.read(0, 1)).rejects.toMatchObject({ code: 'corrupt' });
    },
  );

  it('never gives other bytes for a damaged body without saying so, or gives as many', async () => {
    const bytes = samples(100_000);
    const all = await packed(bytes);
    await fc.assert(
      fc.asyncProperty(fc.nat(all.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const damaged = Buffer.from(all);
        damaged[at]! ^= change;
        const result = await whole(unpacked(damaged, bytes.length)).catch((error: unknown) => error);
        if (Buffer.isBuffer(result)) expect(result).toHaveLength(bytes.length);
        else expect(result).toMatchObject({ code: 'corrupt' });
      }),
    );
  });
});
