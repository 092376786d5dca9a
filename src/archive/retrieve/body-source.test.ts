import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { Body, Ledger } from '../../ledger/ledger.js';
import { bodySource } from './body-source.js';
import { noSecrets } from '../testing/no-secrets.js';

const pieceBytes = 10;
const secrets = noSecrets;

/** A chain that has one body, and notes what is read: `first+count`. */
function chainOf(bytes: Buffer): { ledger: Ledger; body: Body; reads: string[] } {
  const reads: string[] = [];
  const ledger = {
    readPieces: async (_body: Body, from: number, count: number) => {
      reads.push(`${from}+${count}`);
      return Array.from({ length: count }, (_, i) =>
        bytes.subarray((from + i) * pieceBytes, (from + i + 1) * pieceBytes),
      );
    },
  } as unknown as Ledger;
  const body = { scheme: 0, byteCount: bytes.length, pieceBytes, root: '0xab' } as unknown as Body;
  return { ledger, body, reads };
}

async function whole(chunks: AsyncIterable<Buffer> | readonly Buffer[]): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}

const owner = { imageId: '0x1', contentKey: '2' };

describe('bodySource', () => {
  it('reads and streams any range as it is in the body', async () => {
    const bytes = randomBytes(35);
    const { ledger, body } = chainOf(bytes);
    const source = bodySource({ ledger, secrets }, { ...owner, body, byteCount: body.byteCount });
    for (let offset = 0; offset <= bytes.length; offset++)
      for (let end = offset; end <= bytes.length; end += 3) {
        const range = bytes.subarray(offset, end);
        expect(await source.read(offset, end - offset)).toEqual(range);
        expect(await whole(source.stream(offset, end - offset))).toEqual(range);
      }
  });

  it('fetches the pieces that hold the range and no other', async () => {
    const { ledger, body, reads } = chainOf(randomBytes(95));
    const source = bodySource({ ledger, secrets }, { ...owner, body, byteCount: body.byteCount });
    for (const [offset, byteCount] of [
      [30, 10],
      [29, 2],
      [94, 1],
      [50, 0],
    ] as const)
      await source.read(offset, byteCount);
    expect(reads).toEqual(['3+1', '2+2', '9+1']);
  });

  it.each([
    [0, 36],
    [35, 1],
    [-1, 2],
  ])('refuses to read %d+%d of 35 bytes', async (offset, byteCount) => {
    const { ledger, body } = chainOf(randomBytes(35));
    const source = bodySource({ ledger, secrets }, { ...owner, body, byteCount: body.byteCount });
    await expect(source.read(offset, byteCount)).rejects.toMatchObject({ code: 'corrupt' });
    await expect(whole(source.stream(offset, byteCount))).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('fetches the next batches while one is used, three ahead, none when nobody asks', async () => {
    const bytes = randomBytes(34 * pieceBytes * 5);
    const { ledger, body, reads } = chainOf(bytes);
    const stream = (
      bodySource({ ledger, secrets }, { ...owner, body, byteCount: body.byteCount }).stream(
        5,
        bytes.length - 5,
      ) as AsyncIterable<Buffer>
    )[Symbol.asyncIterator]();
    expect(reads).toEqual([]);
    const first = await stream.next();
    expect(first.value).toEqual(bytes.subarray(5, 340));
    expect(reads).toEqual(['0+34', '34+34', '68+34', '102+34']);
    await stream.return?.();
    expect(reads).toHaveLength(4);
  });

  it('rejects with what the chain says, when it is that batch’s turn', async () => {
    const { ledger, body } = chainOf(randomBytes(34 * pieceBytes * 2));
    const failing = {
      ...ledger,
      readPieces: async (of: Body, from: number, count: number) => {
        if (from > 0) throw new Error('no node');
        return ledger.readPieces(of, from, count);
      },
    };
    const stream = (
      bodySource({ ledger: failing, secrets }, { ...owner, body, byteCount: body.byteCount }).stream(
        0,
        body.byteCount,
      ) as AsyncIterable<Buffer>
    )[Symbol.asyncIterator]();
    expect((await stream.next()).value).toHaveLength(340);
    await expect(stream.next()).rejects.toThrow('no node');
  });
});
