import { beforeEach, describe, expect, it } from '@jest/globals';
import { noise, pagedBody } from '../testing/body.js';
import { championA, governors, stranger, writerA, writerB } from '../testing/consortium.js';
import {
  ANNOUNCED,
  announcementOf,
  EXPIRED,
  imageIdOf,
  QUALITY,
  RETIRED,
  SAFETY,
  SEALED,
  TestImages,
  WORKLIST,
} from '../testing/images.js';
import { eventList } from '../testing/test-chain.js';

const imageId = imageIdOf(1, 'image');
const piece = noise('piece', 100);
let images: TestImages;

beforeEach(async () => {
  images = await TestImages.open();
  await images.sealImage('image', [piece]);
});

const image = () => images.call<Record<string, unknown>>('getImage', imageId);
const rule = (code: bigint) => images.consortium.pass('rule', images.address, imageId, code);

describe('retire and restore', () => {
  it.each([QUALITY, SAFETY, WORKLIST, EXPIRED])('take an image out of use and back: code %d', async (code) => {
    images.chain.timestamp += 9n;
    const { events } = await images.send(writerA, 'retire', imageId, code);
    expect(eventList(events)).toEqual([['Retired', imageId, 1n, writerA.address, code, 0n]]);
    expect(await image()).toMatchObject({ state: RETIRED, retiredAt: images.chain.timestamp, code, ruled: false });
    expect(await images.call('loadPieces', imageId, 0, 1)).toBe(`0x${piece.toString('hex')}`);
    expect(await images.refusal(writerA, 'retire', imageId, code)).toEqual(['WrongState', imageId, RETIRED]);
    const restored = await images.send(writerA, 'restore', imageId);
    expect(eventList(restored.events)).toEqual([['Restored', imageId, 1n, writerA.address, 0n]]);
    expect(await image()).toMatchObject({ state: SEALED, retiredAt: 0n, code: 0n });
    expect(await images.refusal(writerA, 'restore', imageId)).toEqual(['WrongState', imageId, SEALED]);
    await images.send(writerA, 'retire', imageId, code);
  });

  it('are for writers of its site', async () => {
    for (const who of [championA, stranger, governors[0]]) {
      expect(await images.refusal(who, 'retire', imageId, QUALITY)).toEqual(['NotAWriter', who.address]);
      expect(await images.refusal(who, 'restore', imageId)).toEqual(['NotAWriter', who.address]);
    }
    const foreign = ['NotTheImagesSite', imageId, 1n, 2n];
    expect(await images.refusal(writerB, 'retire', imageId, QUALITY)).toEqual(foreign);
    await images.send(writerA, 'retire', imageId, QUALITY);
    expect(await images.refusal(writerB, 'restore', imageId)).toEqual(foreign);
  });

  it('take the four codes of CID 7011, and sealed images', async () => {
    for (const code of [0n, 113_000n, 113_002n, 113_036n, 113_040n, 2n ** 24n + QUALITY])
      expect(await images.refusal(writerA, 'retire', imageId, code)).toEqual(['UnknownCode', code]);
    await images.send(writerA, 'announce', announcementOf('second', pagedBody(images, [piece])));
    const second = imageIdOf(1, 'second');
    expect(await images.refusal(writerA, 'retire', second, QUALITY)).toEqual(['WrongState', second, ANNOUNCED]);
  });
});

describe('carryOut', () => {
  it('retires and restores by ruling of the governors, whoever calls it', async () => {
    await rule(SAFETY);
    const { events } = await images.send(stranger, 'carryOut', imageId);
    expect(eventList(events)).toEqual([['Retired', imageId, 1n, stranger.address, SAFETY, 1n]]);
    expect(await image()).toMatchObject({ state: RETIRED, code: SAFETY, ruling: 1n, ruled: true });
    expect(await images.refusal(writerA, 'restore', imageId)).toEqual(['RetiredByRuling', imageId, 1n]);
    await rule(0n);
    const restored = await images.send(writerB, 'carryOut', imageId);
    expect(eventList(restored.events)).toEqual([['Restored', imageId, 1n, writerB.address, 2n]]);
    expect(await image()).toMatchObject({ state: SEALED, code: 0n, ruling: 2n, ruled: false });
  });

  it('carries each ruling out once', async () => {
    const none = (newest: bigint) => ['NoRuling', imageId, newest];
    expect(await images.refusal(stranger, 'carryOut', imageId)).toEqual(none(0n));
    await rule(QUALITY);
    await images.send(stranger, 'carryOut', imageId);
    expect(await images.refusal(stranger, 'carryOut', imageId)).toEqual(none(1n));
    await rule(0n);
    await images.send(stranger, 'carryOut', imageId);
    // What governors have restored, its site can retire; the old ruling does not bring it back.
    await images.send(writerA, 'retire', imageId, SAFETY);
    expect(await images.refusal(stranger, 'carryOut', imageId)).toEqual(none(2n));
    await images.send(writerA, 'restore', imageId);
  });

  it('makes what a site has retired the governors’, and ends a ruling that changes nothing', async () => {
    await images.send(writerA, 'retire', imageId, QUALITY);
    await rule(SAFETY);
    await images.send(stranger, 'carryOut', imageId);
    expect(await image()).toMatchObject({ state: RETIRED, code: SAFETY, ruled: true });
    await rule(0n);
    await images.send(stranger, 'carryOut', imageId);
    await rule(0n);
    const { events } = await images.send(stranger, 'carryOut', imageId);
    expect(events).toEqual([]);
    expect(await image()).toMatchObject({ state: SEALED, ruling: 3n });
  });

  it('refuses codes that are none, images that are not sealed, and rulings on other contracts', async () => {
    await rule(7n);
    expect(await images.refusal(stranger, 'carryOut', imageId)).toEqual(['UnknownCode', 7n]);
    await images.send(writerA, 'announce', announcementOf('second', pagedBody(images, [piece])));
    const second = imageIdOf(1, 'second');
    await images.consortium.pass('rule', images.address, second, QUALITY);
    expect(await images.refusal(stranger, 'carryOut', second)).toEqual(['WrongState', second, ANNOUNCED]);
    await images.sealImage('third', [piece]);
    const third = imageIdOf(1, 'third');
    await images.consortium.pass('rule', stranger.address, third, QUALITY);
    expect(await images.refusal(stranger, 'carryOut', third)).toEqual(['NoRuling', third, 0n]);
  });
});
