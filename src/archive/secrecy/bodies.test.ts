import { describe, expect, it } from '@jest/globals';
import { hash, randomBytes } from 'node:crypto';
import { bufferSource, type ByteSource } from '../../base/byte-source.js';
import { compressedSource } from '../../pieces/compressed-source.js';
import { decompressedSource } from '../../pieces/decompressed-source.js';
import { type Role, ROLE } from '../../secrecy/body-keys.js';
import type { CellKeys } from '../../secrecy/cell.js';
import { padmeByteCount } from '../../secrecy/padding.js';
import { filled, fromHex, type JsonOwner, keysOf, vectors } from '../../secrecy/testing/vectors.js';
import { type DecryptedOptions, decryptedSource } from './decrypted-source.js';
import { encryptedSource } from './encrypted-source.js';
import { isOtherKey } from './other-key.js';
import { paddedSource } from './padded-source.js';
import { decryptSmallBody, encryptedSmallBodyBytes, encryptSmallBody } from './small-body.js';

interface BodyVectors {
  study: string;
  owner: Omit<JsonOwner, 'role'>;
  cases: {
    name: string;
    role: Role;
    contentBytes: number;
    plaintextBytes: number;
    bodyBytes: number;
    sha256: string;
    content?: string;
    givenBytes?: number;
    givenSha256?: string;
  }[];
}

const { study, owner, cases } = vectors<BodyVectors>('bodies');
const keysFor = (role: Role, more: Partial<JsonOwner> = {}): CellKeys => keysOf(study, { ...owner, role, ...more });
const keys = keysFor(ROLE.instance);
const role = ROLE.instance;
const CELL = 65_564;

const whole = async (source: ByteSource): Promise<Buffer> => source.read(0, source.byteCount);
const encrypted = (content: Buffer, padded = padmeByteCount(content.length)): ByteSource =>
  encryptedSource(paddedSource(bufferSource(content), padded), { keys, role });

/** Notes what is read, as `offset+count`. */
function watched(bytes: Buffer): ByteSource & { reads: string[] } {
  const reads: string[] = [];
  const source = bufferSource(bytes);
  return {
    reads,
    byteCount: bytes.length,
    read: (offset, count) => {
      reads.push(`${offset}+${count}`);
      return source.read(offset, count);
    },
  };
}

const opened = (stored: ByteSource, options: Partial<DecryptedOptions> & { byteCount: number }) =>
  decryptedSource(stored, {
    ...{ role, keys: () => keys, checksPadding: false },
    commitment: { isRight: () => false, noteRight: () => undefined },
    ...options,
  });

/** All that a source gives before it fails, and why it did. */
async function outOf(chunks: AsyncIterable<Buffer> | readonly Buffer[]): Promise<{ bytes: Buffer; error?: unknown }> {
  const all: Buffer[] = [];
  try {
    for await (const chunk of chunks) all.push(chunk);
  } catch (error) {
    return { bytes: Buffer.concat(all), error };
  }
  return { bytes: Buffer.concat(all) };
}

describe('Encrypted bodies, beside those of the other implementation', () => {
  it.each(cases)('are the same with $name, and open', async ({ role, contentBytes, content, ...vector }) => {
    const given = content === undefined ? filled(contentBytes) : fromHex(content);
    const own = keysFor(role);
    if (role === ROLE.instance) {
      const body = encryptedSource(paddedSource(bufferSource(given), vector.plaintextBytes), { keys: own, role });
      expect(body.byteCount).toBe(vector.bodyBytes);
      const bytes = await whole(body);
      expect(hash('sha256', bytes)).toBe(vector.sha256);
      const source = opened(bufferSource(bytes), { keys: () => own, byteCount: given.length, checksPadding: true });
      expect((await whole(source)).equals(given)).toBe(true);
      if (vector.givenBytes === undefined) return;
      const unpacked = decompressedSource(source, { byteCount: vector.givenBytes, pieceBytes: 30_720 });
      expect(hash('sha256', await whole(unpacked))).toBe(vector.givenSha256);
    } else {
      const body = encryptSmallBody(given, { keys: own, role, isPadded: true });
      expect(body.length).toBe(vector.bodyBytes);
      expect(encryptedSmallBodyBytes(given.length)).toBe(vector.bodyBytes);
      expect(hash('sha256', body)).toBe(vector.sha256);
      expect(decryptSmallBody(body, { keys: own, role }).equals(given)).toBe(true);
    }
  });
});

describe('encryptedSource', () => {
  const content = randomBytes(200_000);

  it('gives any range as it is in the whole, in any order, and the same again', async () => {
    const all = await whole(encrypted(content));
    const source = encrypted(content);
    const edges = [0, 1, 31, 32, 33, 59, 60, 32 + CELL - 1, 32 + CELL, 32 + 3 * CELL, all.length - 1, all.length];
    for (const end of edges.toReversed())
      for (const offset of edges.filter((at) => at <= end))
        expect((await source.read(offset, end - offset)).equals(all.subarray(offset, end))).toBe(true);
  });

  it('encrypts each cell once for pieces that are read in a row, and again, though none ends where one does', async () => {
    const plaintext = watched(content);
    const source = encryptedSource(plaintext, { keys, role });
    for (let again = 0; again < 2; again++)
      for (let at = 0; at < source.byteCount; at += 30_720)
        await source.read(at, Math.min(30_720, source.byteCount - at));
    expect(plaintext.reads).toEqual(['0+65536', '65536+65536', '131072+65536', '196608+3392']);
  });

  it('does not keep a read that has failed', async () => {
    let tries = 0;
    const source = encryptedSource(
      { byteCount: 10, read: async () => (++tries === 1 ? Promise.reject(new Error('gone')) : Buffer.alloc(10)) },
      { keys, role },
    );
    await expect(whole(source)).rejects.toThrow('gone');
    expect((await whole(source)).length).toBe(70);
  });

  it('gives other GCM nonces as soon as one bit is packed in another way', async () => {
    const other = Buffer.from(content);
    other[70_000]! ^= 1;
    const [one, two] = [await whole(encrypted(content)), await whole(encrypted(other))];
    const nonceOf = (body: Buffer, cell: number): string => body.toString('hex', 32 + cell * CELL, 44 + cell * CELL);
    expect(nonceOf(two, 0)).toBe(nonceOf(one, 0));
    expect(nonceOf(two, 1)).not.toBe(nonceOf(one, 1));
  });
});

describe('decryptedSource', () => {
  const content = randomBytes(900_000);

  it('gives any range as it was given, read and streamed', async () => {
    const body = await whole(encrypted(content));
    const source = opened(bufferSource(body), { byteCount: content.length });
    for (const offset of [0, 65_535, 65_536, 131_072, 500_000, 899_999, 900_000])
      for (const end of [0, 1, 65_536, 65_537, 700_000, 899_999, 900_000].filter((at) => at >= offset)) {
        const range = content.subarray(offset, end);
        expect((await source.read(offset, end - offset)).equals(range)).toBe(true);
        expect((await outOf(source.stream(offset, end - offset))).bytes.equals(range)).toBe(true);
      }
    await expect(source.read(899_999, 2)).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('reads the key commitment with the cells behind it where those are read anyway', async () => {
    const stored = watched(await whole(encrypted(content)));
    const source = opened(stored, { byteCount: content.length });
    expect((await source.read(0, 2 * 65_536)).equals(content.subarray(0, 2 * 65_536))).toBe(true);
    expect(stored.reads).toEqual([`0+${32 + 2 * CELL}`]);
  });

  it('reads the cells of the range, and once the key commitment with the first one', async () => {
    const stored = watched(await whole(encrypted(content)));
    let isRight = false;
    const commitment = { isRight: () => isRight, noteRight: () => (isRight = true) };
    const source = opened(stored, { byteCount: content.length, commitment });
    await source.read(5 * 65_536 + 10, 65_536);
    expect(stored.reads.toSorted()).toEqual([`0+${32 + CELL}`, `${32 + 5 * CELL}+${2 * CELL}`]);
    await source.read(0, 10);
    await source.read(6 * 65_536, 10);
    expect(stored.reads).toHaveLength(2);
    // Another request for the same instance.
    await opened(stored, { byteCount: content.length, commitment }).read(8 * 65_536, 1);
    expect(stored.reads.slice(2)).toEqual([`${32 + 8 * CELL}+${CELL}`]);
  });

  it('fetches a short one at once', async () => {
    const stored = watched(await whole(encrypted(content.subarray(0, 300_000))));
    const source = opened(stored, { byteCount: 300_000 });
    await source.read(250_000, 100);
    await whole(source);
    expect(stored.reads).toEqual([`0+${stored.byteCount}`]);
  });

  it('fetches no cell twice for a packed one that is read as a whole', async () => {
    const given = Buffer.from(Uint16Array.from({ length: 1_500_000 }, (_, i) => (i * i) % 4_000).buffer);
    const packed = (await compressedSource(bufferSource(given)))!;
    const padded = paddedSource(packed, padmeByteCount(packed.byteCount));
    const stored = watched(await whole(encryptedSource(padded, { keys, role })));
    const source = decompressedSource(opened(stored, { byteCount: packed.byteCount }), {
      byteCount: given.length,
      pieceBytes: 65_536,
    });
    expect((await outOf(source.stream(0, given.length))).bytes.equals(given)).toBe(true);
    const read = stored.reads.reduce((sum, text) => sum + Number(text.split('+')[1]), 0);
    expect(read).toBeLessThanOrEqual(stored.byteCount);
  });

  it('gives nothing of the whole under another key, and no more than says that it is another', async () => {
    const body = await whole(encrypted(content));
    for (const other of [{ siteId: 8 }, { contract: 'ab'.repeat(20) }, { imageKey: 'cd'.repeat(32) }, { chainId: 1 }]) {
      const source = opened(bufferSource(body), { keys: () => keysFor(role, other), byteCount: content.length });
      const { bytes, error } = await outOf(source.stream(0, content.length));
      expect([bytes.length, isOtherKey(error)]).toEqual([0, true]);
    }
  });

  it('gives nothing of a body whose key commitment is of another body', async () => {
    const body = Buffer.from(await whole(encrypted(content)));
    body.set(keysFor(role, { siteId: 8 }).commit);
    const { bytes, error } = await outOf(opened(bufferSource(body), { byteCount: content.length }).stream(0, 10));
    expect([bytes.length, isOtherKey(error)]).toEqual([0, true]);
  });

  it.each<[string, (body: Buffer) => Buffer]>([
    ['a flipped bit', (body) => changed(body, (copy) => (copy[32 + 5 * CELL + 20]! ^= 1))],
    ['a flipped bit of a tag', (body) => changed(body, (copy) => (copy[32 + 6 * CELL - 1]! ^= 0x80))],
    ['a flipped bit of a nonce', (body) => changed(body, (copy) => (copy[32 + 5 * CELL]! ^= 1))],
    [
      'swapped cells',
      (body) =>
        changed(body, (copy) => {
          body.copy(copy, 32 + 5 * CELL, 32 + 6 * CELL, 32 + 7 * CELL);
          body.copy(copy, 32 + 6 * CELL, 32 + 5 * CELL, 32 + 6 * CELL);
        }),
    ],
    ['a cell twice', (body) => changed(body, (copy) => body.copy(copy, 32 + 5 * CELL, 32, 32 + CELL))],
  ])('gives no byte of a cell with %s, and all others', async (_, damage) => {
    const damaged = damage(await whole(encrypted(content)));
    const source = opened(bufferSource(damaged), { byteCount: content.length });
    await expect(source.read(5 * 65_536, 65_536)).rejects.toMatchObject({ code: 'corrupt', retryable: false });
    expect((await source.read(0, 65_536)).equals(content.subarray(0, 65_536))).toBe(true);
    const { bytes, error } = await outOf(source.stream(4 * 65_536, content.length - 4 * 65_536));
    expect(error).toMatchObject({ code: 'corrupt' });
    expect(bytes.equals(content.subarray(4 * 65_536, 4 * 65_536 + bytes.length))).toBe(true);
    expect(bytes.length).toBeLessThanOrEqual(65_536);
  });

  it('gives nothing of a body that was cut off, by a byte, a cell, or all cells but one', async () => {
    const body = await whole(encrypted(content));
    for (const length of [body.length - 1, 32 + 13 * CELL, 32 + CELL]) {
      const cut = bufferSource(body.subarray(0, length));
      const read = async (): Promise<Buffer> => opened(cut, { byteCount: 1 }).read(0, 1);
      await expect(read()).rejects.toMatchObject({ code: 'corrupt' });
    }
    expect(() => opened(bufferSource(body), { byteCount: body.length })).toThrow('cannot hold');
    expect(() => opened(bufferSource(body.subarray(0, 40)), { byteCount: 0 })).toThrow('No encrypted body');
  });

  it('refuses padding that is not zero: what lies beside what is read, and all of it where that is asked', async () => {
    const length = 700_000;
    const near = Buffer.concat([content.subarray(0, length), Buffer.from([1])], length + 300_000);
    const far = Buffer.concat([content.subarray(0, length), Buffer.alloc(299_999), Buffer.from([1])]);
    const open = async (padded: Buffer, checksPadding: boolean) =>
      opened(await encryptedBuffer(padded), { byteCount: length, checksPadding });
    await expect((await open(near, false)).read(length - 1, 1)).rejects.toMatchObject({ code: 'corrupt' });
    expect(await (await open(near, false)).read(0, 1)).toHaveLength(1);
    await expect((await open(far, true)).read(length - 1, 1)).rejects.toMatchObject({ code: 'corrupt' });
    expect(await (await open(far, true)).read(0, 1)).toHaveLength(1);
    expect(await (await open(far, false)).read(length - 1, 1)).toHaveLength(1);
  });

  it('asks for its key when it is read, and again after a failure', async () => {
    let asked = 0;
    const body = await encryptedBuffer(content);
    const source = opened(body, {
      byteCount: content.length,
      keys: () => {
        if (++asked === 1) throw new Error('no key');
        return keys;
      },
    });
    expect(asked).toBe(0);
    await expect(source.read(0, 1)).rejects.toThrow('no key');
    expect(await source.read(0, 1)).toEqual(content.subarray(0, 1));
    await source.read(65_536, 1);
    expect(asked).toBe(2);
  });
});

describe('decryptSmallBody', () => {
  const header = keysFor(ROLE.header);
  const body = encryptSmallBody(randomBytes(70_000), { keys: header, role: ROLE.header, isPadded: true });

  it('takes one without padding', () => {
    const bare = encryptSmallBody(Buffer.from('abc'), { keys: header, role: ROLE.header, isPadded: false });
    expect(bare).toHaveLength(32 + 28 + 7);
    expect(decryptSmallBody(bare, { keys: header, role: ROLE.header }).toString()).toBe('abc');
  });

  it('refuses what is damaged, cut off, of another role, or of another key', () => {
    const refusal = (bytes: Buffer, keys = header, role: Role = ROLE.header): string => {
      try {
        return `${decryptSmallBody(bytes, { keys, role }).length} bytes`;
      } catch (error) {
        return isOtherKey(error) ? 'other key' : (error as { code: string }).code;
      }
    };
    expect(refusal(body)).toBe('70000 bytes');
    for (const at of [40, 32 + CELL + 14, body.length - 1])
      expect(refusal(changed(body, (copy) => (copy[at]! ^= 4)))).toBe('corrupt');
    for (const length of [body.length - 1, 32 + CELL, 60, 40, 32])
      expect(refusal(body.subarray(0, length))).toBe('corrupt');
    expect(refusal(body.subarray(0, 31))).toBe('other key');
    expect(refusal(Buffer.alloc(0))).toBe('other key');
    expect(refusal(body, keysFor(ROLE.preview), ROLE.preview)).toBe('other key');
    expect(refusal(body, header, ROLE.preview)).toBe('corrupt');
    expect(refusal(changed(body, (copy) => (copy[0]! ^= 1)))).toBe('other key');
  });
});

function changed(bytes: Buffer, change: (copy: Buffer) => unknown): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}

async function encryptedBuffer(padded: Buffer): Promise<ByteSource> {
  return bufferSource(await whole(encrypted(padded, padded.length)));
}
