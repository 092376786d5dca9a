import { beforeEach, describe, expect, it } from '@jest/globals';
import { ZeroHash } from 'ethers';
import { key } from '../testing/body.js';
import { championA, championB, governors, stranger, TestConsortium, writerA, writerB } from '../testing/consortium.js';
import { eventList } from '../testing/test-chain.js';

const [ring, other] = [`0x${'ab'.repeat(16)}`, `0x${'cd'.repeat(16)}`];
const commitment = key('root');
const study = 2n ** 63n + 5n;
const [ALL, MAY_ADD, MAY_NOT_ADD] = [0n, true, false];
let consortium: TestConsortium;

beforeEach(async () => {
  consortium = await TestConsortium.open();
});

describe('openRing', () => {
  it.each([
    ['a writer', writerA],
    ['a champion', championA],
  ])('keeps the commitment of a ring of the site: by %s', async (_, who) => {
    const { events } = await consortium.send(who, 'openRing', ring, commitment);
    expect(eventList(events)).toEqual([['RingOpened', 1n, ring, commitment, who.address]]);
    expect(await consortium.call('commitmentOf', 1, ring)).toBe(commitment);
    expect(await consortium.call('commitmentOf', 2, ring)).toBe(ZeroHash);
  });

  it('is for accounts of admitted sites', async () => {
    for (const who of [governors[0], stranger])
      expect(await consortium.refusal(who, 'openRing', ring, commitment)).toEqual(['NotOfASite', who.address]);
    await consortium.pass('dismissSite', 1, 0);
    expect(await consortium.refusal(writerA, 'openRing', ring, commitment)).toEqual(['NotOfASite', writerA.address]);
  });

  it('takes a number once at each site, whatever other sites have taken', async () => {
    await consortium.send(writerB, 'openRing', ring, key('of B'));
    await consortium.send(writerA, 'openRing', ring, commitment);
    const again = await consortium.refusal(writerA, 'openRing', ring, key('another root'));
    expect(again).toEqual(['RingInUse', 1n, ring]);
    expect(await consortium.call('commitmentOf', 1, ring)).toBe(commitment);
    expect(await consortium.call('commitmentOf', 2, ring)).toBe(key('of B'));
  });

  it('refuses zeros', async () => {
    const zero = `0x${'00'.repeat(16)}`;
    expect(await consortium.refusal(writerA, 'openRing', zero, commitment)).toEqual(['ZeroRing']);
    expect(await consortium.refusal(writerA, 'openRing', ring, ZeroHash)).toEqual(['ZeroRing']);
  });
});

describe('share', () => {
  beforeEach(async () => {
    await consortium.send(writerA, 'openRing', ring, commitment);
  });

  const getShare = (toSite: number, studyKey: bigint) => consortium.call('getShare', 1, ring, toSite, studyKey);

  it('puts on the record who gets a ring, or a study of it', async () => {
    const sharedAt = consortium.chain.timestamp;
    const { events } = await consortium.send(championA, 'share', ring, 2, ALL, MAY_NOT_ADD);
    expect(eventList(events)).toEqual([['Shared', 1n, ring, 2n, 0n, false, championA.address]]);
    expect(await getShare(2, ALL)).toEqual({ sharedAt, mayAdd: false });
    expect(await getShare(2, study)).toEqual({ sharedAt: 0n, mayAdd: false });
    consortium.after(5n);
    await consortium.send(writerA, 'share', ring, 2, study, MAY_NOT_ADD);
    expect(await getShare(2, study)).toEqual({ sharedAt: sharedAt + 5n, mayAdd: false });
  });

  it('lets the other site add to one study, and takes that back', async () => {
    const sharedAt = consortium.chain.timestamp;
    const { events } = await consortium.send(writerA, 'share', ring, 2, study, MAY_ADD);
    expect(eventList(events)).toEqual([['Shared', 1n, ring, 2n, study, true, writerA.address]]);
    consortium.after(5n);
    const taken = await consortium.send(writerA, 'share', ring, 2, study, MAY_NOT_ADD);
    expect(eventList(taken.events)).toEqual([['Shared', 1n, ring, 2n, study, false, writerA.address]]);
    expect(await getShare(2, study)).toEqual({ sharedAt, mayAdd: false });
    const all = await consortium.refusal(writerA, 'share', ring, 2, ALL, MAY_ADD);
    expect(all).toEqual(['AdditionsNeedAStudy', ring, 2n]);
  });

  it('says nothing twice', async () => {
    await consortium.send(writerA, 'share', ring, 2, ALL, MAY_NOT_ADD);
    const { events } = await consortium.send(writerA, 'share', ring, 2, ALL, MAY_NOT_ADD);
    expect(events).toEqual([]);
  });

  it("refuses another site's ring, one that is not open, the own site, and sites that are not admitted", async () => {
    const share = (who: typeof writerA, ringId: string, toSite: number) =>
      consortium.refusal(who, 'share', ringId, toSite, ALL, MAY_NOT_ADD);
    expect(await share(writerB, ring, 1)).toEqual(['UnknownRing', 2n, ring]);
    expect(await share(championB, ring, 1)).toEqual(['UnknownRing', 2n, ring]);
    expect(await share(writerA, other, 2)).toEqual(['UnknownRing', 1n, other]);
    expect(await share(writerA, ring, 1)).toEqual(['SharedWithItself', 1n]);
    expect(await share(writerA, ring, 3)).toEqual(['UnknownSite', 3n]);
    expect(await share(stranger, ring, 2)).toEqual(['NotOfASite', stranger.address]);
    await consortium.pass('dismissSite', 2, 0);
    expect(await share(writerA, ring, 2)).toEqual(['UnknownSite', 2n]);
  });
});
