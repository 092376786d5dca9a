import { beforeEach, describe, expect, it } from '@jest/globals';
import { type LogDescription, keccak256, ZeroAddress, ZeroHash } from 'ethers';
import {
  announcement,
  chunkAddress,
  key,
  listedBody,
  noise,
  packed,
  pageAddresses,
  pagedBody,
  sealImage,
  storeBody,
  type TestAnnouncement,
  type TestBody,
} from './testing/body.js';
import { encodeCall, governor, siteA, siteB, stranger, TestLedger } from './testing/ledger.js';
import { eventValues } from './testing/test-chain.js';

const [NONE, ANNOUNCED, SEALED, RETIRED] = [0n, 1n, 2n, 3n];
const piece = noise('piece', 30_720);
let ledger: TestLedger;
let body: TestBody;
let told: TestAnnouncement;

beforeEach(async () => {
  ledger = await TestLedger.open();
  body = pagedBody(ledger, [piece]);
  told = announcement('image', body);
});

function named(events: LogDescription[]): unknown[] {
  return events.map((event) => [event.name, ...(event.args.toArray() as unknown[]).slice(0, 3)]);
}

describe('announce', () => {
  it('keeps header and preview, found by their index, and tells all of it in one event', async () => {
    const headerPieces = [noise('h0', 30_720), noise('h1', 10)];
    const header = listedBody(ledger, headerPieces);
    const preview = listedBody(ledger, [noise('preview', 24_575)]);
    await ledger.send(siteA, 'storePieces', [...headerPieces, noise('preview', 24_575)]);
    const full = {
      ...told,
      header: header.claim,
      preview: { ...preview.claim, scheme: 7 },
      headerChunks: header.chunks,
      previewChunks: preview.chunks,
    };
    ledger.blockNumber = 12n;
    const { events } = await ledger.send(siteA, 'announce', full);

    const image = await ledger.call<Record<string, unknown>>('getImage', told.imageKey);
    expect(image).toMatchObject({ patientKey: told.patientKey, siteId: 1n, state: ANNOUNCED, pieceBytes: 30_720n });
    expect(image).toMatchObject({ announcedAt: ledger.timestamp, sealedAt: 0n, retiredAt: 0n, announcedBlock: 12n });
    const headerIndex = chunkAddress(ledger, packed(header.chunks));
    expect(image['header']).toMatchObject({ ...kept(header), index: headerIndex });
    expect((await ledger.code(headerIndex)).toString('hex')).toBe(`00${packed(header.chunks).toString('hex')}`);
    expect(image['preview']).toMatchObject({ ...kept(preview), scheme: 7n, index: preview.chunks[0] });
    expect(image['instance']).toMatchObject({ ...kept(body), index: ZeroAddress });

    expect(named(events)).toEqual([['Announced', told.imageKey, told.patientKey, 1n]]);
    const announced = eventValues(events[0]!)['announcement'] as Record<string, unknown>;
    expect(announced).toMatchObject({ imageKey: told.imageKey, patientKey: told.patientKey, pieceBytes: 30_720n });
    expect(announced).toMatchObject({ headerChunks: header.chunks, previewChunks: preview.chunks });
    expect(announced['instance']).toMatchObject(kept(body));
  });

  it('refuses keys of zero and pieces of a size out of range', async () => {
    const refusal = (change: Partial<TestAnnouncement>) => ledger.refusal(siteA, 'announce', { ...told, ...change });
    expect(await refusal({ imageKey: ZeroHash })).toEqual(['ZeroKey']);
    expect(await refusal({ patientKey: ZeroHash })).toEqual(['ZeroKey']);
    expect(await refusal({ pieceBytes: 0 })).toEqual(['PieceBytesOutOfRange', 0n, 30_720n]);
    expect(await refusal({ pieceBytes: 30_721 })).toEqual(['PieceBytesOutOfRange', 30_721n, 30_720n]);
    await ledger.send(siteA, 'announce', { ...told, pieceBytes: 1 });
  });

  it('refuses a header that is not there or not as announced', async () => {
    const header = listedBody(ledger, [piece]);
    const refusal = (change: Partial<TestAnnouncement>) =>
      ledger.refusal(siteA, 'announce', { ...told, header: header.claim, headerChunks: header.chunks, ...change });
    expect(await refusal({})).toEqual(['ChunkMissing', header.chunks[0]]);
    await ledger.send(siteA, 'storePieces', [piece]);
    const swapped = [...header.chunks].reverse();
    const root = keccak256(packed(swapped));
    expect(await refusal({ headerChunks: swapped })).toEqual(['RootMismatch', key('image'), header.claim.root, root]);
    expect(await refusal({ header: { ...header.claim, byteCount: 30_719 } })).toEqual([
      'ByteCountMismatch',
      key('image'),
      30_719n,
      30_720n,
    ]);
  });

  it('refuses a header whose chunks are more than its bytes and piece size ask for', async () => {
    const halves = listedBody(ledger, [piece.subarray(0, 15_360), piece.subarray(15_360)]);
    await ledger.send(siteA, 'storePieces', [piece.subarray(0, 15_360), piece.subarray(15_360)]);
    const preview = { preview: halves.claim, previewChunks: halves.chunks };
    await ledger.send(siteA, 'announce', { ...told, ...preview, pieceBytes: 15_360 });
    const other = { ...told, ...preview, imageKey: key('other'), pieceBytes: 10_240 };
    expect(await ledger.refusal(siteA, 'announce', other)).toEqual(['ChunkCountMismatch', key('other'), 3n, 2n]);
  });

  it('takes a header of 1,228 chunks, not of 1,229', async () => {
    const small = noise('small', 1);
    await ledger.send(siteA, 'storePieces', [small]);
    const withHeader = (chunkCount: number) => {
      const header = listedBody(ledger, Array<Buffer>(chunkCount).fill(small));
      return { ...told, pieceBytes: 1, header: header.claim, headerChunks: header.chunks };
    };
    const refusal = await ledger.refusal(siteA, 'announce', withHeader(1_229));
    expect(refusal).toEqual(['ChunkNotDeployed', 24_580n]);
    await ledger.send(siteA, 'announce', withHeader(1_228));
  });

  it('refuses an image that is announced, sealed or retired, and a stranger', async () => {
    const again = () => ledger.refusal(siteA, 'announce', told);
    expect(await ledger.refusal(stranger, 'announce', told)).toEqual(['NotASite', stranger.address]);
    await ledger.send(siteA, 'announce', told);
    expect(await again()).toEqual(['WrongState', told.imageKey, ANNOUNCED]);
    await storeBody(ledger, body, [piece]);
    await ledger.send(siteA, 'seal', told.imageKey, pageAddresses(body));
    expect(await again()).toEqual(['WrongState', told.imageKey, SEALED]);
    expect(await ledger.refusal(siteB, 'announce', told)).toEqual(['WrongState', told.imageKey, SEALED]);
    await ledger.send(siteA, 'retire', told.imageKey, '');
    expect(await again()).toEqual(['WrongState', told.imageKey, RETIRED]);
  });
});

describe('seal', () => {
  const many = Array.from({ length: 615 }, () => piece);

  it('completes an announcement once, and tells the pages', async () => {
    await ledger.send(siteA, 'announce', told);
    await storeBody(ledger, body, [piece]);
    ledger.timestamp += 60n;
    const { events } = await ledger.send(siteA, 'seal', told.imageKey, pageAddresses(body));
    expect(named(events)).toEqual([['Sealed', told.imageKey, 1n, pageAddresses(body)]]);
    const image = await ledger.call<Record<string, unknown>>('getImage', told.imageKey);
    expect(image).toMatchObject({ state: SEALED, announcedAt: ledger.timestamp - 60n, sealedAt: ledger.timestamp });
    expect(image['instance']).toMatchObject({ ...kept(body), index: body.pages[0]!.address });
    const again = await ledger.refusal(siteA, 'seal', told.imageKey, pageAddresses(body));
    expect(again).toEqual(['WrongState', told.imageKey, SEALED]);
  });

  it('keeps the pages of an instance of several in a list of their own', async () => {
    const { imageKey, body: large } = await sealImage(ledger, { name: 'large', pieces: many });
    const { instance } = await ledger.call<{ instance: { index: string } }>('getImage', imageKey);
    expect(instance.index).toBe(chunkAddress(ledger, packed(pageAddresses(large))));
    expect((await ledger.code(instance.index)).toString('hex')).toBe(
      `00${packed(pageAddresses(large)).toString('hex')}`,
    );
  });

  it('refuses a page that is not checked, and a page whose piece is missing cannot be', async () => {
    await ledger.send(siteA, 'announce', told);
    const page = body.pages[0]!;
    const seal = () => ledger.refusal(siteA, 'seal', told.imageKey, [page.address]);
    expect(await ledger.refusal(siteA, 'checkPage', page.address)).toEqual(['NotAPage', page.address, 0n]);
    await ledger.send(siteA, 'storePieces', [page.list, piece.subarray(0, 24_575)]);
    expect(await ledger.refusal(siteA, 'checkPage', page.address)).toEqual(['ChunkMissing', body.chunks[1]]);
    expect(await ledger.call('checkedChunks', page.address)).toBe(0n);
    expect(await seal()).toEqual(['PageNotChecked', page.address]);
    await ledger.send(siteA, 'storePieces', [piece]);
    expect(await seal()).toEqual(['PageNotChecked', page.address]);
    await ledger.send(siteB, 'checkPage', page.address);
    expect(await ledger.call('checkedChunks', page.address)).toBe(2n);
    await ledger.send(siteA, 'seal', told.imageKey, [page.address]);
  });

  it('refuses swapped, missing and further pages', async () => {
    const large = pagedBody(ledger, many);
    const [first, second] = pageAddresses(large) as [string, string];
    const largeTold = announcement('large', large);
    await ledger.send(siteA, 'announce', largeTold);
    await storeBody(ledger, large, many);
    for (const pages of [[second, first], [first], [first, second, second], []]) {
      const refusal = await ledger.refusal(siteA, 'seal', key('large'), pages);
      expect(refusal).toEqual(['RootMismatch', key('large'), large.claim.root, keccak256(packed(pages))]);
    }
    await ledger.send(siteA, 'seal', key('large'), [first, second]);
  });

  it('refuses pages that were announced in an order that no reader could follow', async () => {
    const large = pagedBody(ledger, many);
    const [first, second] = pageAddresses(large) as [string, string];
    const root = keccak256(packed([second, first]));
    await ledger.send(siteA, 'announce', announcement('large', { ...large, claim: { ...large.claim, root } }));
    await storeBody(ledger, large, many);
    const refusal = await ledger.refusal(siteA, 'seal', key('large'), [second, first]);
    expect(refusal).toEqual(['PageNotFull', second, 2n]);
  });

  it('refuses pages that hold fewer bytes or other chunks than announced', async () => {
    const more = { ...told, instance: { ...told.instance, byteCount: 30_721 } };
    await ledger.send(siteA, 'announce', more);
    await storeBody(ledger, body, [piece]);
    const seal = () => ledger.refusal(siteA, 'seal', told.imageKey, pageAddresses(body));
    expect(await seal()).toEqual(['ByteCountMismatch', told.imageKey, 30_721n, 30_720n]);
    await ledger.send(siteA, 'withdraw', told.imageKey);
    await ledger.send(siteA, 'announce', { ...told, pieceBytes: 10_240 });
    expect(await seal()).toEqual(['ChunkCountMismatch', told.imageKey, 3n, 2n]);
  });

  it("refuses another site's announcement, a stranger, and what was never announced", async () => {
    await ledger.send(siteA, 'announce', told);
    await storeBody(ledger, body, [piece]);
    const seal = (from: typeof siteA, imageKey = told.imageKey) =>
      ledger.refusal(from, 'seal', imageKey, pageAddresses(body));
    expect(await seal(siteB)).toEqual(['NotTheImagesSite', told.imageKey, 1n, 2n]);
    expect(await seal(stranger)).toEqual(['NotASite', stranger.address]);
    expect(await seal(governor)).toEqual(['NotASite', governor.address]);
    expect(await seal(siteA, key('other'))).toEqual(['WrongState', key('other'), NONE]);
  });

  it('completes an instance without bytes', async () => {
    const { imageKey } = await sealImage(ledger, { name: 'empty', pieces: [] });
    expect(await ledger.call('getImageState', imageKey)).toBe(SEALED);
    expect(await ledger.call('getPieceCount', imageKey)).toBe(0n);
    expect(await ledger.call('loadPieces', imageKey, 0, 1)).toBe('0x');
  });
});

describe('checkPage', () => {
  it('refuses what is not a list of 1 to 1,228 addresses after a zero byte, and strangers', async () => {
    const [ok, wrong] = ['0x00000000000000000000000000000000000000aa', '0x00000000000000000000000000000000000000bb'];
    const list = Buffer.from(body.chunks[0]!.slice(2).repeat(1_229), 'hex');
    await ledger.send(siteA, 'storePieces', [piece]);
    for (const byteCount of [0, 19, 21, 24_559, 24_561, 24_580]) {
      await ledger.putCode(wrong, Buffer.concat([Buffer.of(0), list.subarray(0, byteCount)]));
      const refusal = await ledger.refusal(siteA, 'checkPage', wrong);
      expect(refusal).toEqual(['NotAPage', wrong, BigInt(byteCount + 1)]);
    }
    await ledger.putCode(wrong, Buffer.concat([Buffer.of(1), list.subarray(0, 20)]));
    expect((await ledger.refusal(siteA, 'checkPage', wrong))[0]).toBe('NotAPage');
    for (const chunks of [1, 1_228]) {
      await ledger.putCode(ok, Buffer.concat([Buffer.of(0), list.subarray(0, 20 * chunks)]));
      await ledger.send(siteA, 'checkPage', ok);
      expect(await ledger.call('checkedChunks', ok)).toBe(BigInt(chunks));
    }
    expect(await ledger.refusal(stranger, 'checkPage', ok)).toEqual(['NotASite', stranger.address]);
  });
});

describe('multicall', () => {
  it('takes a small image from pieces to seal in one transaction', async () => {
    const page = body.pages[0]!;
    const { events, txBytes } = await ledger.send(siteA, 'multicall', [
      encodeCall('announce', told),
      encodeCall('storePieces', [piece, page.list]),
      encodeCall('checkPage', page.address),
      encodeCall('seal', told.imageKey, [page.address]),
    ]);
    expect(events.map((event) => event.name)).toEqual(['Announced', 'Sealed']);
    expect(txBytes).toBeLessThan(40_000);
    expect(await ledger.call('loadPieces', told.imageKey, 0, 1)).toBe(`0x${piece.toString('hex')}`);
  });

  it('does nothing when one of its calls is refused', async () => {
    const calls = [encodeCall('announce', told), encodeCall('seal', told.imageKey, pageAddresses(body))];
    const refusal = await ledger.refusal(siteA, 'multicall', calls);
    expect(refusal).toEqual(['PageNotChecked', body.pages[0]!.address]);
    expect(await ledger.call('getImageState', told.imageKey)).toBe(NONE);
  });
});

function kept({ claim }: TestBody) {
  return { ...claim, scheme: BigInt(claim.scheme), byteCount: BigInt(claim.byteCount) };
}
