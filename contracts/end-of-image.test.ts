import { beforeEach, describe, expect, it } from '@jest/globals';
import {
  announcement,
  key,
  noise,
  pageAddresses,
  pagedBody,
  sealImage,
  storeBody,
  type TestBody,
} from './testing/body.js';
import { governor, siteA, siteB, stranger, TestLedger } from './testing/ledger.js';

const [NONE, ANNOUNCED, SEALED, RETIRED] = [0n, 1n, 2n, 3n];
const piece = noise('piece', 100);
const imageKey = key('image');
let ledger: TestLedger;
let body: TestBody;

beforeEach(async () => {
  ledger = await TestLedger.open();
  body = pagedBody(ledger, [piece]);
});

describe('withdraw', () => {
  it('voids an announcement, so that the image can be announced anew by anyone', async () => {
    await ledger.send(siteA, 'announce', announcement('image', body));
    const { events } = await ledger.send(siteA, 'withdraw', imageKey);
    expect(events.map((event) => [event.name, ...(event.args.toArray() as unknown[])])).toEqual([
      ['Withdrawn', imageKey, 1n, siteA.address],
    ]);
    expect(await ledger.call('getImageState', imageKey)).toBe(NONE);
    await ledger.send(siteB, 'announce', announcement('image', body));
    expect(await ledger.call('getImage', imageKey)).toMatchObject({ siteId: 2n, state: ANNOUNCED });
  });

  it("refuses another site's announcement, a stranger's call, and what is sealed or unknown", async () => {
    const withdraw = (from: typeof siteA) => ledger.refusal(from, 'withdraw', imageKey);
    expect(await withdraw(siteA)).toEqual(['WrongState', imageKey, NONE]);
    await ledger.send(siteA, 'announce', announcement('image', body));
    expect(await withdraw(siteB)).toEqual(['NotTheImagesSite', imageKey, 1n, 2n]);
    expect(await withdraw(stranger)).toEqual(['NotASite', stranger.address]);
    await storeBody(ledger, body, [piece]);
    await ledger.send(siteA, 'seal', imageKey, pageAddresses(body));
    expect(await withdraw(siteA)).toEqual(['WrongState', imageKey, SEALED]);
  });

  it("takes the image out of its patient's list; the last one takes its place", async () => {
    for (const name of ['a', 'b', 'c', 'd']) await ledger.send(siteA, 'announce', announcement(name, body));
    const images = (offset = 0, limit = 10) => ledger.call('getPatientImages', key('patient'), offset, limit);
    expect(await images()).toEqual(['a', 'b', 'c', 'd'].map(key));
    expect(await images(1, 2)).toEqual(['b', 'c'].map(key));
    expect(await images(3, 9)).toEqual([key('d')]);
    expect(await images(4, 1)).toEqual([]);
    for (const [name, left] of [
      ['b', 'adc'],
      ['c', 'ad'],
      ['a', 'd'],
      ['d', ''],
    ] as const) {
      await ledger.send(siteA, 'withdraw', key(name));
      expect(await images()).toEqual([...left].map(key));
    }
  });

  it('leaves the time at which the patient was first announced', async () => {
    const patient = () => ledger.call<Record<string, unknown>>('getPatient', key('patient'));
    expect(await patient()).toMatchObject({ imageCount: 0n, firstAnnouncedAt: 0n });
    const first = ledger.timestamp;
    await ledger.send(siteA, 'announce', announcement('image', body));
    ledger.timestamp += 5n;
    await ledger.send(siteA, 'announce', announcement('second', body));
    expect(await patient()).toMatchObject({ imageCount: 2n, firstAnnouncedAt: first });
    await ledger.send(siteA, 'withdraw', imageKey);
    await ledger.send(siteA, 'withdraw', key('second'));
    expect(await patient()).toMatchObject({ imageCount: 0n, firstAnnouncedAt: first });
    await ledger.send(siteA, 'announce', announcement('image', body));
    expect(await patient()).toMatchObject({ imageCount: 1n, firstAnnouncedAt: first });
  });
});

describe('taking an announcement over', () => {
  it('is refused before 3,600 blocks, and done from then on', async () => {
    ledger.blockNumber = 100n;
    await ledger.send(siteA, 'announce', announcement('image', body));
    const taken = { ...announcement('image', body), patientKey: key('other patient') };
    ledger.blockNumber = 3_699n;
    expect(await ledger.refusal(siteB, 'announce', taken)).toEqual(['TakeoverTooEarly', imageKey, 3_700n]);
    ledger.blockNumber = 3_700n;
    expect(await ledger.refusal(siteA, 'announce', taken)).toEqual(['WrongState', imageKey, ANNOUNCED]);
    const { events } = await ledger.send(siteB, 'announce', taken);
    expect(events.map((event) => [event.name, ...(event.args.toArray() as unknown[]).slice(0, 3)])).toEqual([
      ['Withdrawn', imageKey, 1n, siteB.address],
      ['Announced', imageKey, key('other patient'), 2n],
    ]);
    expect(await ledger.call('getPatientImages', key('patient'), 0, 9)).toEqual([]);
    expect(await ledger.call('getPatientImages', key('other patient'), 0, 9)).toEqual([imageKey]);
    await storeBody(ledger, body, [piece]);
    const refusal = await ledger.refusal(siteA, 'seal', imageKey, pageAddresses(body));
    expect(refusal).toEqual(['NotTheImagesSite', imageKey, 2n, 1n]);
    await ledger.send(siteB, 'seal', imageKey, pageAddresses(body));
  });

  it('is refused for ever once the image is sealed', async () => {
    await sealImage(ledger, { name: 'image', pieces: [piece], pieceBytes: 100 });
    ledger.blockNumber = 10_000n;
    const refusal = await ledger.refusal(siteB, 'announce', announcement('image', body));
    expect(refusal).toEqual(['WrongState', imageKey, SEALED]);
  });
});

describe('retire', () => {
  beforeEach(async () => {
    await sealImage(ledger, { name: 'image', pieces: [piece], pieceBytes: 100 });
  });

  it.each([
    ['its site', siteA],
    ['a governor', governor],
  ])('takes an image out of use for ever: by %s', async (_, by) => {
    ledger.timestamp += 9n;
    const { events } = await ledger.send(by, 'retire', imageKey, 'wrong laterality');
    expect(events.map((event) => [event.name, ...(event.args.toArray() as unknown[])])).toEqual([
      ['Retired', imageKey, 1n, by.address, 'wrong laterality'],
    ]);
    const image = await ledger.call<Record<string, unknown>>('getImage', imageKey);
    expect(image).toMatchObject({ state: RETIRED, sealedAt: ledger.timestamp - 9n, retiredAt: ledger.timestamp });
    expect(await ledger.call('loadPieces', imageKey, 0, 1)).toBe(`0x${piece.toString('hex')}`);
    expect(await ledger.call('getPatientImages', key('patient'), 0, 9)).toEqual([imageKey]);
    const again = await ledger.refusal(siteA, 'announce', announcement('image', body));
    expect(again).toEqual(['WrongState', imageKey, RETIRED]);
    expect(await ledger.refusal(by, 'retire', imageKey, '')).toEqual(['WrongState', imageKey, RETIRED]);
  });

  it('is refused to other sites and strangers', async () => {
    const retire = (from: typeof siteA) => ledger.refusal(from, 'retire', imageKey, '');
    expect(await retire(siteB)).toEqual(['NotTheImagesSite', imageKey, 1n, 2n]);
    expect(await retire(stranger)).toEqual(['NotASite', stranger.address]);
  });

  it('takes a reason of 256 bytes, not of 257', async () => {
    const refusal = await ledger.refusal(siteA, 'retire', imageKey, 'é'.repeat(128) + '.');
    expect(refusal).toEqual(['ReasonTooLong', 257n, 256n]);
    await ledger.send(siteA, 'retire', imageKey, 'é'.repeat(128));
  });

  it('is refused for what is unknown or not sealed', async () => {
    await ledger.send(siteA, 'announce', announcement('second', body));
    for (const by of [siteA, governor]) {
      expect(await ledger.refusal(by, 'retire', key('second'), '')).toEqual(['WrongState', key('second'), ANNOUNCED]);
      expect(await ledger.refusal(by, 'retire', key('third'), '')).toEqual(['WrongState', key('third'), NONE]);
    }
  });
});

describe('the getters', () => {
  const getters = async () => ({
    state: await ledger.call('getImageState', imageKey),
    pieceCount: await ledger.call('getPieceCount', imageKey),
    addresses: await ledger.call<string[]>('getPieceAddresses', imageKey, 0, 9),
    images: await ledger.call<string[]>('getPatientImages', key('patient'), 0, 9),
    imageCount: (await ledger.call<{ imageCount: bigint }>('getPatient', key('patient'))).imageCount,
    siteId: (await ledger.call<{ siteId: bigint }>('getImage', imageKey)).siteId,
  });

  it('answer before, between and after, and never refuse', async () => {
    const pieces = [piece, noise('rest', 1)];
    body = pagedBody(ledger, pieces);
    const nothing = { state: NONE, pieceCount: 0n, addresses: [], images: [], imageCount: 0n, siteId: 0n };
    const announced = { ...nothing, state: ANNOUNCED, pieceCount: 2n, images: [imageKey], imageCount: 1n, siteId: 1n };
    expect(await getters()).toEqual(nothing);
    expect(await ledger.callRefusal('loadPieces', imageKey, 0, 1)).toEqual(['WrongState', imageKey, NONE]);
    await ledger.send(siteA, 'announce', announcement('image', body, 100));
    expect(await getters()).toEqual(announced);
    expect(await ledger.callRefusal('loadPieces', imageKey, 0, 1)).toEqual(['WrongState', imageKey, ANNOUNCED]);
    await ledger.send(siteA, 'withdraw', imageKey);
    expect(await getters()).toEqual(nothing);
    await sealImage(ledger, { name: 'image', pieces, pieceBytes: 100 });
    expect(await getters()).toEqual({ ...announced, state: SEALED, addresses: body.chunks });
    await ledger.send(siteA, 'retire', imageKey, '');
    expect(await getters()).toEqual({ ...announced, state: RETIRED, addresses: body.chunks });
    const huge = 2n ** 256n - 1n;
    expect(await ledger.call('getPieceAddresses', imageKey, 1, huge)).toEqual(body.chunks.slice(1));
    expect(await ledger.call('getPieceAddresses', imageKey, 2, huge)).toEqual([]);
    expect(await ledger.call('getPieceAddresses', imageKey, huge, huge)).toEqual([]);
    expect(await ledger.call('getPatientImages', key('patient'), huge, huge)).toEqual([]);
  });
});
