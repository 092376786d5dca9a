import { beforeEach, describe, expect, it } from '@jest/globals';
import { keccak256, ZeroAddress, ZeroHash } from 'ethers';
import {
  chunkAddress,
  key,
  listedBody,
  noise,
  packed,
  pageAddresses,
  pagedBody,
  type TestBody,
} from '../testing/body.js';
import { championA, governors, stranger, writerA, writerB } from '../testing/consortium.js';
import {
  ABSENT,
  ANNOUNCED,
  announcementOf,
  imageIdOf,
  ringA,
  ringB,
  SEALED,
  type TestAnnouncement,
  TestImages,
} from '../testing/images.js';
import { eventValues } from '../testing/test-chain.js';

const piece = noise('piece', 30_720);
const imageId = imageIdOf(1, 'image');
let images: TestImages;
let body: TestBody;
let told: TestAnnouncement;

beforeEach(async () => {
  images = await TestImages.open();
  body = pagedBody(images, [piece]);
  told = announcementOf('image', body);
});

const image = (id = imageId) => images.call<Record<string, unknown>>('getImage', id);
const stateOf = (id = imageId) => images.call('getImageState', id);

function kept({ claim }: TestBody) {
  return { ...claim, scheme: BigInt(claim.scheme), byteCount: BigInt(claim.byteCount) };
}

describe('deployment', () => {
  it('names the consortium, which has to be there', async () => {
    expect(await images.call('consortium')).toBe(images.consortium.address);
    const nobody = stranger.address;
    await expect(TestImages.deploy(images.consortium, nobody)).rejects.toThrow(`NotAContract(${nobody})`);
  });
});

describe('announce', () => {
  it('keeps header and preview, found by their index, and tells all of it in one event', async () => {
    const headerPieces = [noise('h0', 30_720), noise('h1', 10)];
    const header = listedBody(images, headerPieces);
    const preview = listedBody(images, [noise('preview', 24_575)]);
    await images.send(writerA, 'storePieces', [...headerPieces, noise('preview', 24_575)]);
    const full = {
      ...told,
      header: header.claim,
      preview: { ...preview.claim, scheme: 2 },
      headerChunks: header.chunks,
      previewChunks: preview.chunks,
    };
    images.chain.blockNumber = 12n;
    const { events } = await images.send(writerA, 'announce', full);
    expect(await images.call('imageIdOf', 1, told.imageKey)).toBe(imageId);
    expect(await image()).toMatchObject({
      siteId: 1n,
      state: ANNOUNCED,
      pieceBytes: 30_720n,
      announcedAt: images.chain.timestamp,
      sealedAt: 0n,
      retiredAt: 0n,
      announcedBlock: 12n,
      code: 0n,
      ruling: 0n,
      ruled: false,
      ringId: ringA,
      studyKey: told.studyKey,
      patientKey: told.patientKey,
      header: { ...kept(header), index: chunkAddress(images, packed(header.chunks)) },
      preview: { ...kept(preview), scheme: 2n, index: preview.chunks[0] },
      instance: { ...kept(body), index: ZeroAddress },
    });
    expect(events).toHaveLength(1);
    const values = eventValues(events[0]!);
    expect(values).toMatchObject({ imageId, siteId: 1n, studyKey: told.studyKey });
    expect(values['announcement']).toMatchObject({
      imageKey: told.imageKey,
      ringId: ringA,
      studyKey: told.studyKey,
      patientKey: told.patientKey,
      pieceBytes: 30_720n,
      header: kept(header),
      instance: kept(body),
      headerChunks: header.chunks,
      previewChunks: preview.chunks,
    });
  });

  it('is for writers of admitted sites', async () => {
    for (const who of [stranger, championA, governors[0]])
      expect(await images.refusal(who, 'announce', told)).toEqual(['NotAWriter', who.address]);
    await images.consortium.pass('dismissSite', 1, 0);
    expect(await images.refusal(writerA, 'announce', told)).toEqual(['NotAWriter', writerA.address]);
    await images.consortium.pass('readmitSite', 1);
    await images.send(writerA, 'announce', told);
  });

  it('is under a ring of the own site, be it an old one', async () => {
    const refusal = (ringId: string) => images.refusal(writerA, 'announce', { ...told, ringId });
    expect(await refusal(ringB)).toEqual(['UnknownRing', 1n, ringB]);
    const zero = `0x${'00'.repeat(16)}`;
    expect(await refusal(zero)).toEqual(['UnknownRing', 1n, zero]);
    await images.consortium.send(writerA, 'openRing', `0x${'22'.repeat(16)}`, key('next year'));
    await images.send(writerA, 'announce', told);
  });

  it('refuses zeros and pieces of a size out of range', async () => {
    const refusal = (change: Partial<TestAnnouncement>) => images.refusal(writerA, 'announce', { ...told, ...change });
    expect(await refusal({ imageKey: ZeroHash })).toEqual(['ZeroKey']);
    expect(await refusal({ studyKey: 0n })).toEqual(['ZeroKey']);
    expect(await refusal({ patientKey: 0n })).toEqual(['ZeroKey']);
    expect(await refusal({ pieceBytes: 0 })).toEqual(['PieceBytesOutOfRange', 0n, 30_720n]);
    expect(await refusal({ pieceBytes: 30_721 })).toEqual(['PieceBytesOutOfRange', 30_721n, 30_720n]);
    expect(await refusal({ pieceBytes: 65_537 })).toEqual(['PieceBytesOutOfRange', 65_537n, 30_720n]);
    await images.send(writerA, 'announce', { ...told, pieceBytes: 1 });
  });

  it('refuses a header that is not as announced', async () => {
    const header = listedBody(images, [piece]);
    await images.send(writerA, 'storePieces', [piece]);
    const refusal = (change: Partial<TestAnnouncement>) =>
      images.refusal(writerA, 'announce', { ...told, header: header.claim, headerChunks: header.chunks, ...change });
    const swapped = [...header.chunks].reverse();
    const root = keccak256(packed(swapped));
    expect(await refusal({ headerChunks: swapped })).toEqual(['RootMismatch', imageId, header.claim.root, root]);
    expect(await refusal({ header: { ...header.claim, byteCount: 30_719 } })).toEqual([
      'ByteCountMismatch',
      imageId,
      30_719n,
      30_720n,
    ]);
    expect(await refusal({ pieceBytes: 10_240 })).toEqual(['ChunkCountMismatch', imageId, 3n, 2n]);
    await images.send(writerA, 'announce', { ...told, header: header.claim, headerChunks: header.chunks });
  });

  it('is once for each image of a site; other sites have images of the same key', async () => {
    await images.send(writerA, 'announce', told);
    expect(await images.refusal(writerA, 'announce', told)).toEqual(['WrongState', imageId, ANNOUNCED]);
    const { imageId: other } = await images.sealImage('image', [piece], { by: writerB });
    expect(other).not.toBe(imageId);
    expect(await image(other)).toMatchObject({ siteId: 2n, state: SEALED, ringId: ringB });
    expect(await stateOf()).toBe(ANNOUNCED);
  });
});

describe('seal', () => {
  it('completes an announcement once, and tells the pages', async () => {
    await images.send(writerA, 'announce', told);
    await images.storeBody(body, [piece]);
    images.chain.timestamp += 60n;
    const { events } = await images.send(writerA, 'seal', imageId, pageAddresses(body));
    expect(eventValues(events[0]!)).toEqual({ imageId, siteId: 1n, pages: pageAddresses(body) });
    expect(await image()).toMatchObject({
      state: SEALED,
      announcedAt: images.chain.timestamp - 60n,
      sealedAt: images.chain.timestamp,
      instance: { ...kept(body), index: body.pages[0]!.address },
    });
    const again = await images.refusal(writerA, 'seal', imageId, pageAddresses(body));
    expect(again).toEqual(['WrongState', imageId, SEALED]);
    expect(await images.refusal(writerA, 'announce', told)).toEqual(['WrongState', imageId, SEALED]);
  });

  it("refuses another site's announcement, who is no writer, and what was never announced", async () => {
    await images.send(writerA, 'announce', told);
    await images.storeBody(body, [piece]);
    const seal = (from: typeof writerA, id = imageId) => images.refusal(from, 'seal', id, pageAddresses(body));
    expect(await seal(writerB)).toEqual(['NotTheImagesSite', imageId, 1n, 2n]);
    expect(await seal(stranger)).toEqual(['NotAWriter', stranger.address]);
    expect(await seal(writerA, key('other'))).toEqual(['WrongState', key('other'), ABSENT]);
  });

  it('refuses other pages, and pages that hold other bytes or chunks than announced', async () => {
    await images.send(writerA, 'announce', { ...told, instance: { ...told.instance, byteCount: 30_721 } });
    await images.storeBody(body, [piece]);
    const [page] = pageAddresses(body);
    const seal = (pages: unknown[] = [page]) => images.refusal(writerA, 'seal', imageId, pages);
    expect(await seal([page, page])).toEqual([
      'RootMismatch',
      imageId,
      body.claim.root,
      keccak256(packed([page!, page!])),
    ]);
    expect(await seal([])).toEqual(['RootMismatch', imageId, body.claim.root, keccak256('0x')]);
    expect(await seal()).toEqual(['ByteCountMismatch', imageId, 30_721n, 30_720n]);
    await images.send(writerA, 'withdraw', imageId);
    await images.send(writerA, 'announce', { ...told, pieceBytes: 10_240 });
    expect(await seal()).toEqual(['ChunkCountMismatch', imageId, 3n, 2n]);
  });

  it('keeps the pages of an instance of several in a list of their own, in the announced order', async () => {
    const many = Array.from({ length: 1_229 }, () => noise('small', 2));
    const large = pagedBody(images, many);
    const [first, second] = pageAddresses(large) as [string, string];
    const reversed = { ...large, claim: { ...large.claim, root: keccak256(packed([second, first])) } };
    await images.send(writerA, 'announce', announcementOf('image', reversed, { pieceBytes: 2 }));
    await images.storeBody(large, [noise('small', 2)]);
    expect(await images.refusal(writerA, 'seal', imageId, [second, first])).toEqual(['PageNotFull', second, 1n]);
    await images.send(writerA, 'withdraw', imageId);
    await images.send(writerA, 'announce', announcementOf('image', large, { pieceBytes: 2 }));
    await images.send(writerA, 'seal', imageId, [first, second]);
    const { instance } = await images.call<{ instance: { index: string } }>('getImage', imageId);
    expect(instance.index).toBe(chunkAddress(images, packed([first, second])));
    expect(await images.call('getPieceCount', imageId)).toBe(1_229n);
    expect(await images.call('getPieceAddresses', imageId, 1_227, 5)).toEqual(large.chunks.slice(1_227));
    expect(await images.call('loadPieces', imageId, 1_228, 5)).toBe(`0x${noise('small', 2).toString('hex')}`);
  });

  it('completes an instance without bytes', async () => {
    const { imageId: empty } = await images.sealImage('empty', []);
    expect(await images.call('getPieceCount', empty)).toBe(0n);
    expect(await images.call('loadPieces', empty, 0, 1)).toBe('0x');
  });
});

describe('withdraw', () => {
  it('voids an announcement of the own site, which can then be announced anew', async () => {
    await images.send(writerA, 'announce', told);
    expect(await images.refusal(writerB, 'withdraw', imageId)).toEqual(['NotTheImagesSite', imageId, 1n, 2n]);
    expect(await images.refusal(stranger, 'withdraw', imageId)).toEqual(['NotAWriter', stranger.address]);
    const { events } = await images.send(writerA, 'withdraw', imageId);
    expect(eventValues(events[0]!)).toEqual({ imageId, siteId: 1n, by: writerA.address });
    expect(await image()).toMatchObject({ siteId: 0n, state: ABSENT, studyKey: 0n, instance: { byteCount: 0n } });
    expect(await images.refusal(writerA, 'withdraw', imageId)).toEqual(['WrongState', imageId, ABSENT]);
    await images.send(writerA, 'announce', told);
    await images.storeBody(body, [piece]);
    await images.send(writerA, 'seal', imageId, pageAddresses(body));
    expect(await images.refusal(writerA, 'withdraw', imageId)).toEqual(['WrongState', imageId, SEALED]);
  });

  it("takes the image out of its patient's list; the last one takes its place", async () => {
    const announce = (name: string) => images.send(writerA, 'announce', announcementOf(name, body));
    const listed = (offset = 0, limit = 10, siteId = 1) =>
      images.call('getPatientImages', siteId, told.patientKey, offset, limit);
    const ids = (names: string) => [...names].map((name) => imageIdOf(1, name));
    const first = images.chain.timestamp;
    for (const name of 'abcd') {
      await announce(name);
      images.chain.timestamp += 5n;
    }
    expect(await listed()).toEqual(ids('abcd'));
    expect(await listed(1, 2)).toEqual(ids('bc'));
    expect(await listed(4, 1)).toEqual([]);
    expect(await listed((2n ** 255n) as unknown as number, 1)).toEqual([]);
    expect(await listed(0, 10, 2)).toEqual([]);
    for (const [name, left] of ['b adc', 'c ad', 'a d', 'd '].map((line) => line.split(' ') as [string, string])) {
      await images.send(writerA, 'withdraw', imageIdOf(1, name));
      expect(await listed()).toEqual(ids(left));
    }
    const patient = await images.call('getPatient', 1, told.patientKey);
    expect(patient).toEqual({ imageCount: 0n, firstAnnouncedAt: first });
    expect(await images.call('getPatient', 2, told.patientKey)).toEqual({ imageCount: 0n, firstAnnouncedAt: 0n });
  });
});

describe('multicall', () => {
  it('takes a small image from pieces to seal in one transaction, or does nothing', async () => {
    const page = body.pages[0]!;
    const calls = [
      images.encode('announce', told),
      images.encode('storePieces', [piece, page.list]),
      images.encode('checkPage', page.address, 2),
      images.encode('seal', imageId, [page.address]),
    ];
    const without = [calls[0], calls[1], calls[3]];
    expect(await images.refusal(writerA, 'multicall', without)).toEqual(['PageNotChecked', page.address, 0n, 0n]);
    expect(await stateOf()).toBe(ABSENT);
    const { events } = await images.send(writerA, 'multicall', calls);
    expect(events.map(({ name }) => name)).toEqual(['Announced', 'Sealed']);
    expect(await images.call('loadPieces', imageId, 0, 1)).toBe(`0x${piece.toString('hex')}`);
  });
});

describe('the getters', () => {
  it('answer before, between and after, and never refuse', async () => {
    const pieces = [noise('0', 100), noise('1', 100), noise('2', 1)];
    const getters = async () => ({
      state: await stateOf(),
      pieceCount: await images.call('getPieceCount', imageId),
      addresses: await images.call('getPieceAddresses', imageId, 0, 9),
      patient: await images.call('getPatientImages', 1, told.patientKey, 0, 9),
      siteId: (await image())['siteId'],
    });
    const nothing = { state: ABSENT, pieceCount: 0n, addresses: [], patient: [], siteId: 0n };
    expect(await getters()).toEqual(nothing);
    expect(await images.callRefusal('loadPieces', imageId, 0, 1)).toEqual(['WrongState', imageId, ABSENT]);
    body = pagedBody(images, pieces);
    const announced = { ...nothing, state: ANNOUNCED, pieceCount: 3n, patient: [imageId], siteId: 1n };
    await images.send(writerA, 'announce', announcementOf('image', body, { pieceBytes: 100 }));
    expect(await getters()).toEqual(announced);
    expect(await images.callRefusal('loadPieces', imageId, 0, 1)).toEqual(['WrongState', imageId, ANNOUNCED]);
    await images.storeBody(body, pieces);
    await images.send(writerA, 'seal', imageId, pageAddresses(body));
    expect(await getters()).toEqual({ ...announced, state: SEALED, addresses: body.chunks });
    const huge = 2n ** 256n - 1n;
    const load = async (offset: number | bigint, limit: number | bigint) =>
      Buffer.from((await images.call<string>('loadPieces', imageId, offset, limit)).slice(2), 'hex');
    expect((await load(0, 3)).equals(Buffer.concat(pieces))).toBe(true);
    expect((await load(1, huge)).equals(Buffer.concat(pieces.slice(1)))).toBe(true);
    expect((await load(1, 1)).equals(pieces[1]!)).toBe(true);
    expect(await load(huge, huge)).toHaveLength(0);
  });
});

describe('a second contract of images', () => {
  it('has images of its own for the same sites', async () => {
    const other = await TestImages.deploy(images.consortium);
    await images.send(writerA, 'announce', told);
    expect(await other.call('getImageState', imageId)).toBe(ABSENT);
    await other.send(writerA, 'announce', told);
  });
});
