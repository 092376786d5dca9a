import { beforeEach, describe, expect, it } from '@jest/globals';
import { keccak256 } from 'ethers';
import { chunkAddress, chunksOfPiece, listedBody, noise, packed, pageAddresses, pagedBody } from '../testing/body.js';
import { governors, stranger, writerA, writerB } from '../testing/consortium.js';
import { ANNOUNCED, announcementOf, imageIdOf, SEALED, TestImages } from '../testing/images.js';

const forged = `0x${'0f'.repeat(19)}aa`;
const foreign = `0x${'0F'.repeat(19)}Aa`;
let images: TestImages;

beforeEach(async () => {
  images = await TestImages.open();
});

const short = (name: string) => noise(name, 3);
const same = (address: string) => address.toLowerCase();

/** A page of chunks that are not all this contract's, stored as a page would be. */
async function storePage(addresses: string[]): Promise<string> {
  const list = packed(addresses);
  await images.send(writerA, 'storePieces', [list]);
  return chunkAddress(images, list);
}

describe('storePieces', () => {
  it.each([0, 1, 24_575, 24_576, 30_720])('keeps a piece of %d bytes at the addresses of its content', async (size) => {
    const piece = noise('piece', size);
    await images.send(writerA, 'storePieces', [piece]);
    const codes = await Promise.all(chunksOfPiece(images, piece).map((chunk) => images.chain.code(chunk)));
    expect(Buffer.concat(codes.map((code) => code.subarray(1))).equals(piece)).toBe(true);
    expect(codes.every((code) => code[0] === 0)).toBe(true);
  });

  it('takes a piece twice, and refuses one of 30,721 bytes, and who is no writer', async () => {
    const piece = noise('twice', 30_720);
    await images.send(writerA, 'storePieces', [piece, piece]);
    await images.send(writerB, 'storePieces', [piece]);
    const long = await images.refusal(writerA, 'storePieces', [piece, noise('long', 30_721)]);
    expect(long).toEqual(['PieceTooLong', 1n, 30_721n, 30_720n]);
    for (const who of [stranger, governors[0]])
      expect(await images.refusal(who, 'storePieces', [piece])).toEqual(['NotAWriter', who.address]);
  });
});

describe('a chunk that cannot be deployed', () => {
  it('for want of gas fails storePieces as a whole, which passes with enough', async () => {
    const piece = noise('piece', 30_720);
    const chunks = chunksOfPiece(images, piece);
    const { gas } = await images.send(writerA, 'storePieces', [noise('of the same size', 30_720)]);
    const lengths = () => Promise.all(chunks.map(async (chunk) => (await images.chain.code(chunk)).length));
    const within = (gasLimit: number) => images.attemptWithin(BigInt(gasLimit), writerA, 'storePieces', [piece]);
    // The first chunk of the two is four fifths of it.
    expect(await within(Math.floor(gas / 2))).toEqual(['ChunkNotDeployed', 24_575n]);
    expect(await within(Math.floor(gas * 0.9))).toEqual(['ChunkNotDeployed', 6_145n]);
    expect(await lengths()).toEqual([0, 0]);
    expect(await within(Math.ceil(gas * 1.1))).toBeUndefined();
    expect(await lengths()).toEqual([24_576, 6_146]);
  });

  it('is a header or preview of 1,229 chunks, not of 1,228', async () => {
    const small = noise('small', 1);
    await images.send(writerA, 'storePieces', [small]);
    const told = (part: 'header' | 'preview', chunkCount: number) => {
      const { claim, chunks } = listedBody(images, Array<Buffer>(chunkCount).fill(small));
      return announcementOf(part, pagedBody(images, []), { pieceBytes: 1, [part]: claim, [`${part}Chunks`]: chunks });
    };
    for (const part of ['header', 'preview'] as const) {
      expect(await images.refusal(writerA, 'announce', told(part, 1_229))).toEqual(['ChunkNotDeployed', 24_580n]);
      await images.send(writerA, 'announce', told(part, 1_228));
    }
  });

  it('is an instance of 1,229 pages, not of 1,228', async () => {
    const small = noise('small', 1);
    const page = pagedBody(images, Array<Buffer>(1_228).fill(small));
    await images.storeBody(page, [small]);
    const seal = async (pageCount: number) => {
      const pages = Array<string>(pageCount).fill(page.pages[0]!.address);
      const claim = { ...page.claim, byteCount: pageCount * 1_228, root: keccak256(packed(pages)) };
      const name = `of ${pageCount} pages`;
      await images.send(writerA, 'announce', announcementOf(name, { ...page, claim }, { pieceBytes: 1 }));
      return images.attempt(writerA, 'seal', imageIdOf(1, name), pages);
    };
    expect(await seal(1_229)).toEqual(['ChunkNotDeployed', 24_580n]);
    expect(await images.call('getImageState', imageIdOf(1, 'of 1229 pages'))).toBe(ANNOUNCED);
    expect(await seal(1_228)).toBeUndefined();
    expect(await images.call('getImageState', imageIdOf(1, 'of 1228 pages'))).toBe(SEALED);
  });
});

describe('the proof of a chunk', () => {
  const chunks = [short('0'), short('1')];

  it.each([
    ['of other bytes', Buffer.concat([Buffer.of(0), short('other')])],
    ['of a program', Buffer.from('33ff', 'hex')],
    ['of a contract that begins with 0x00', Buffer.from('00', 'hex')],
    ['longer than any chunk', Buffer.alloc(24_577)],
    ['as long as a chunk can be', Buffer.alloc(24_576)],
  ])('refuses code %s, in a page and in a header', async (_, code) => {
    await images.send(writerA, 'storePieces', chunks);
    await images.chain.putCode(forged, code);
    const page = await storePage([chunkAddress(images, chunks[0]!), forged, chunkAddress(images, chunks[1]!)]);
    const refusal = ['NotAChunk', foreign, BigInt(code.length)];
    const normal = ([error, address, size]: unknown[]) => [error, same(address as string), size];
    expect(normal(await images.refusal(writerA, 'checkPage', page, 3))).toEqual(normal(refusal));
    expect(await images.call('getPageCheck', page)).toEqual({ chunks: 0n, checked: 0n });
    const list = packed([forged]);
    const claim = { scheme: 0, byteCount: code.length - 1, sha256Digest: keccak256(code), root: keccak256(list) };
    for (const part of ['header', 'preview'] as const) {
      const told = announcementOf('image', pagedBody(images, chunks), { [part]: claim, [`${part}Chunks`]: [forged] });
      expect(normal(await images.refusal(writerA, 'announce', told))).toEqual(normal(refusal));
    }
  });

  it('refuses the right bytes at another address, and another contract’s chunk', async () => {
    const other = await TestImages.deploy(images.consortium);
    await other.send(writerA, 'storePieces', chunks);
    await images.send(writerA, 'storePieces', [chunks[0]!]);
    await images.chain.putCode(forged, await images.chain.code(chunkAddress(images, chunks[0]!)));
    for (const address of [forged, chunkAddress(other, chunks[0]!)]) {
      const [error, told] = await images.refusal(writerA, 'checkPage', await storePage([address]), 1);
      expect([error, same(told as string)]).toEqual(['NotAChunk', same(address)]);
    }
  });

  it('refuses a chunk that is not there', async () => {
    const missing = chunkAddress(images, short('missing'));
    const page = await storePage([missing]);
    expect(await images.refusal(writerA, 'checkPage', page, 1)).toEqual(['ChunkMissing', missing]);
    await images.send(writerA, 'storePieces', [short('missing')]);
    await images.send(writerA, 'checkPage', page, 1);
  });

  it.each([0, 1, 24_574, 24_575])('takes a chunk of %d bytes', async (size) => {
    const bytes = noise('chunk', size);
    await images.send(writerA, 'storePieces', [bytes]);
    const page = await storePage([chunkAddress(images, bytes)]);
    await images.send(writerA, 'checkPage', page, 1);
    expect(await images.call('getPageCheck', page)).toEqual({ chunks: 1n, checked: 1n });
  });
});

describe('checkPage', () => {
  const pieces = Array.from({ length: 7 }, (_, i) => short(String(i)));

  it('is resumed where it ended, and returns at once when it is done', async () => {
    await images.send(writerA, 'storePieces', pieces);
    const page = await storePage(pieces.map((piece) => chunkAddress(images, piece)));
    for (const [who, count, checked] of [
      [writerA, 0, 0n],
      [writerA, 3, 3n],
      [writerB, 3, 6n],
      [writerA, 2n ** 256n - 1n, 7n],
    ] as const) {
      await images.send(who, 'checkPage', page, count);
      expect(await images.call('getPageCheck', page)).toEqual({ chunks: 7n, checked });
    }
    const { gas } = await images.send(writerA, 'checkPage', page, 1_228);
    expect(gas).toBeLessThan(40_000);
    expect(await images.refusal(stranger, 'checkPage', page, 1)).toEqual(['NotAWriter', stranger.address]);
  });

  it('stops at a chunk that is not there and goes on when it is', async () => {
    await images.send(writerA, 'storePieces', pieces.slice(0, 4));
    const addresses = pieces.map((piece) => chunkAddress(images, piece));
    const page = await storePage(addresses);
    expect(await images.refusal(writerA, 'checkPage', page, 7)).toEqual(['ChunkMissing', addresses[4]]);
    await images.send(writerA, 'checkPage', page, 4);
    expect(await images.refusal(writerA, 'checkPage', page, 1)).toEqual(['ChunkMissing', addresses[4]]);
    expect(await images.call('getPageCheck', page)).toEqual({ chunks: 7n, checked: 4n });
    await images.send(writerA, 'storePieces', pieces.slice(4));
    await images.send(writerA, 'checkPage', page, 3);
    expect(await images.call('getPageCheck', page)).toEqual({ chunks: 7n, checked: 7n });
  });

  it('does not let a half checked page be sealed', async () => {
    const body = pagedBody(images, pieces);
    await images.send(writerA, 'announce', announcementOf('image', body, { pieceBytes: 3 }));
    await images.send(writerA, 'storePieces', [...pieces, body.pages[0]!.list]);
    const [page] = pageAddresses(body);
    const seal = () => images.refusal(writerA, 'seal', imageIdOf(1, 'image'), [page]);
    expect(await seal()).toEqual(['PageNotChecked', page, 0n, 0n]);
    await images.send(writerA, 'checkPage', page, 6);
    expect(await seal()).toEqual(['PageNotChecked', page, 6n, 7n]);
    await images.send(writerA, 'checkPage', page, 1);
    await images.send(writerA, 'seal', imageIdOf(1, 'image'), [page]);
  });

  it('takes only chunks of its own as pages, and only lists of 1 to 1,228 addresses', async () => {
    await images.send(writerA, 'storePieces', [short('0')]);
    const address = chunkAddress(images, short('0'));
    const list = Buffer.concat([Buffer.of(0), packed([address])]);
    await images.chain.putCode(forged, list);
    const [error, told] = await images.refusal(writerA, 'checkPage', forged, 1);
    expect([error, same(told as string)]).toEqual(['NotAChunk', forged]);
    expect((await images.refusal(writerA, 'checkPage', stranger.address, 1))[0]).toBe('ChunkMissing');
    for (const byteCount of [0, 19, 21, 24_559, 24_561]) {
      const bytes = Buffer.alloc(byteCount, packed([address]));
      await images.send(writerA, 'storePieces', [bytes]);
      const page = chunkAddress(images, bytes);
      expect(await images.refusal(writerA, 'checkPage', page, 1)).toEqual(['NotAPage', page, BigInt(byteCount + 1)]);
    }
    const full = await storePage(Array<string>(1_228).fill(address));
    await images.send(writerA, 'checkPage', full, 1_228);
    expect(await images.call('getPageCheck', full)).toEqual({ chunks: 1_228n, checked: 1_228n });
  });
});
