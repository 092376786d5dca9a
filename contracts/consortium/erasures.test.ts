import { beforeEach, describe, expect, it } from '@jest/globals';
import { keccak256, solidityPacked } from 'ethers';
import {
  championA,
  championB,
  DAY,
  governors,
  HOUR,
  stranger,
  TestConsortium,
  WRITER,
  writerA,
  writerB,
} from '../testing/consortium.js';
import { account, eventList } from '../testing/test-chain.js';

const [UNKNOWN, ORDERED, WAITING, EXECUTABLE, EXECUTED, CANCELLED, EXPIRED] = [0n, 1n, 2n, 3n, 4n, 5n, 6n];
const [FILES, HARDWARE] = [1, 2];
const [governor, secondGovernor] = governors;
const secondServer = account(20);
const studies = [5n, 7n, 2n ** 64n - 1n];
let consortium: TestConsortium;

beforeEach(async () => {
  consortium = await TestConsortium.open();
});

const hashOf = (studyKeys: readonly bigint[]) => keccak256(solidityPacked(['uint256[]'], [studyKeys.map(BigInt)]));
const upTo = (count: number, from = 1) => Array.from({ length: count }, (_, i) => BigInt(from + i));
const stateOf = async (orderId: number) => (await consortium.call<{ state: bigint }>('getErasure', orderId)).state;

async function order(studyKeys: readonly bigint[] = studies): Promise<number> {
  await consortium.send(writerA, 'orderErasure', studyKeys);
  return Number(await consortium.call<bigint>('erasureCount'));
}

async function executed(): Promise<number> {
  const orderId = await order();
  await consortium.send(championA, 'approveErasure', orderId, hashOf(studies));
  consortium.after(72n * HOUR);
  await consortium.send(writerA, 'executeErasure', orderId);
  return orderId;
}

describe('an erasure', () => {
  it('is ordered by a writer, approved by a champion, waits, is executed, and confirmed by each server', async () => {
    const orderedAt = consortium.chain.timestamp;
    const ordered = await consortium.send(writerA, 'orderErasure', studies);
    expect(eventList(ordered.events)).toEqual([['ErasureOrdered', 1n, 1n, writerA.address, studies]]);
    expect(await consortium.call('getErasure', 1)).toEqual({
      state: ORDERED,
      siteId: 1n,
      studyCount: 3n,
      studiesHash: hashOf(studies),
      orderedAt,
      executableFrom: 0n,
      executedAt: 0n,
    });
    consortium.after(HOUR);
    const executableFrom = consortium.chain.timestamp + 72n * HOUR;
    const approved = await consortium.send(championA, 'approveErasure', 1, hashOf(studies));
    expect(eventList(approved.events)).toEqual([['ErasureApproved', 1n, 1n, championA.address, executableFrom]]);
    expect(await consortium.call('getErasure', 1)).toMatchObject({ state: WAITING, executableFrom });
    consortium.after(72n * HOUR - 1n);
    expect(await consortium.refusal(writerA, 'executeErasure', 1)).toEqual(['WrongErasureState', 1n, WAITING]);
    consortium.after(1n);
    const done = await consortium.send(writerA, 'executeErasure', 1);
    expect(eventList(done.events)).toEqual([['ErasureExecuted', 1n, 1n, writerA.address]]);
    expect(await consortium.call('getErasure', 1)).toMatchObject({ state: EXECUTED, executedAt: executableFrom });
    for (const [server, siteId, method] of [
      [writerA, 1n, HARDWARE],
      [writerB, 2n, FILES],
    ] as const) {
      const confirmed = await consortium.send(server, 'confirmErasure', 1, method);
      expect(eventList(confirmed.events)).toEqual([['ErasureConfirmed', 1n, siteId, server.address, BigInt(method)]]);
      expect(await consortium.call('confirmationOf', 1, server.address)).toBe(BigInt(method));
    }
  });

  it('is executed at once on a chain for trials', async () => {
    consortium = await TestConsortium.deploy({ founders: [governor], waitSeconds: 0n });
    const orderId = await order();
    await consortium.send(championA, 'approveErasure', orderId, hashOf(studies));
    await consortium.send(championA, 'executeErasure', orderId);
  });
});

describe('orderErasure', () => {
  it('is for writers', async () => {
    for (const who of [championA, governor, stranger])
      expect(await consortium.refusal(who, 'orderErasure', studies)).toEqual(['NotAWriter', who.address]);
  });

  it('takes ascending numbers without 0', async () => {
    const refusal = (...studyKeys: bigint[]) => consortium.refusal(writerA, 'orderErasure', studyKeys);
    expect(await refusal()).toEqual(['StudyCountOutOfRange', 0n, 1_000n]);
    expect(await refusal(0n)).toEqual(['StudyKeysNotAscending', 0n, 0n]);
    expect(await refusal(3n, 3n)).toEqual(['StudyKeysNotAscending', 1n, 3n]);
    expect(await refusal(3n, 4n, 2n)).toEqual(['StudyKeysNotAscending', 2n, 2n]);
  });

  it('takes 100 studies a day and site, over all orders', async () => {
    expect(await consortium.refusal(writerA, 'orderErasure', upTo(101))).toEqual([
      'TooManyStudiesToday',
      1n,
      101n,
      100n,
    ]);
    await order(upTo(60));
    expect(await consortium.call('studiesLeftToday', 1)).toBe(40n);
    expect(await consortium.refusal(writerA, 'orderErasure', upTo(41))).toEqual(['TooManyStudiesToday', 1n, 41n, 40n]);
    await order(upTo(40));
    expect(await consortium.refusal(writerA, 'orderErasure', [1n])).toEqual(['TooManyStudiesToday', 1n, 1n, 0n]);
    // Neither the other site's, nor tomorrow's; a cancelled order does not give back what it took.
    await consortium.send(writerB, 'orderErasure', upTo(100));
    await consortium.send(championA, 'cancelErasure', 1);
    expect(await consortium.call('studiesLeftToday', 1)).toBe(0n);
    consortium.chain.timestamp += DAY - (consortium.chain.timestamp % DAY) - 1n;
    expect(await consortium.refusal(writerA, 'orderErasure', [1n])).toEqual(['TooManyStudiesToday', 1n, 1n, 0n]);
    consortium.after(1n);
    await order(upTo(100));
  });

  it('takes as many as governors allow until a time, 1,000 in one order, or fewer', async () => {
    const until = consortium.chain.timestamp + 10n * DAY;
    const { events } = await consortium.pass('allowErasures', 1, 2_500, until);
    expect(eventList(events)[1]).toEqual(['ErasuresAllowed', 1n, 2_500n, until]);
    expect(await consortium.refusal(writerA, 'orderErasure', upTo(1_001))).toEqual([
      'StudyCountOutOfRange',
      1_001n,
      1_000n,
    ]);
    for (const from of [1, 1_001]) await order(upTo(1_000, from));
    expect(await consortium.call('studiesLeftToday', 1)).toBe(500n);
    expect(await consortium.call('studiesLeftToday', 2)).toBe(100n);
    consortium.chain.timestamp = until;
    expect(await consortium.refusal(writerA, 'orderErasure', upTo(101))).toEqual([
      'TooManyStudiesToday',
      1n,
      101n,
      100n,
    ]);
    await consortium.pass('allowErasures', 1, 0, consortium.chain.timestamp + 10n * DAY);
    expect(await consortium.refusal(writerA, 'orderErasure', [1n])).toEqual(['TooManyStudiesToday', 1n, 1n, 0n]);
    expect(await consortium.passRefusal('allowErasures', 3, 1, until)).toEqual(['UnknownSite', 3n]);
  });
});

describe('approveErasure', () => {
  it('is for champions of the site', async () => {
    const orderId = await order();
    const approve = (who: typeof writerA) => consortium.refusal(who, 'approveErasure', orderId, hashOf(studies));
    for (const who of [writerA, governor, stranger]) expect(await approve(who)).toEqual(['NotAChampion', who.address]);
    expect(await approve(championB)).toEqual(['NotTheOrdersSite', 1n, 1n, 2n]);
  });

  it('is of the studies that the champion has read, once', async () => {
    const orderId = await order();
    const wrong = hashOf([5n, 7n]);
    expect(await consortium.refusal(championA, 'approveErasure', orderId, wrong)).toEqual([
      'WrongStudies',
      1n,
      hashOf(studies),
      wrong,
    ]);
    expect(await consortium.refusal(championA, 'approveErasure', 2, wrong)).toEqual(['WrongErasureState', 2n, UNKNOWN]);
    await consortium.send(championA, 'approveErasure', orderId, hashOf(studies));
    expect(await consortium.refusal(championA, 'approveErasure', orderId, hashOf(studies))).toEqual([
      'WrongErasureState',
      1n,
      WAITING,
    ]);
  });
});

describe('executeErasure', () => {
  it('is for accounts of the site, after the approval, once', async () => {
    const orderId = await order();
    consortium.after(80n * HOUR);
    expect(await consortium.refusal(writerA, 'executeErasure', orderId)).toEqual(['WrongErasureState', 1n, ORDERED]);
    await consortium.send(championA, 'approveErasure', orderId, hashOf(studies));
    consortium.after(72n * HOUR);
    for (const who of [governor, stranger])
      expect(await consortium.refusal(who, 'executeErasure', orderId)).toEqual(['NotOfASite', who.address]);
    expect(await consortium.refusal(writerB, 'executeErasure', orderId)).toEqual(['NotTheOrdersSite', 1n, 1n, 2n]);
    await consortium.send(championA, 'executeErasure', orderId);
    const again = await consortium.refusal(championA, 'executeErasure', orderId);
    expect(again).toEqual(['WrongErasureState', 1n, EXECUTED]);
  });

  it('is not for a dismissed site', async () => {
    const orderId = await order();
    await consortium.send(championA, 'approveErasure', orderId, hashOf(studies));
    await consortium.pass('dismissSite', 1, 0);
    expect(await consortium.refusal(writerA, 'executeErasure', orderId)).toEqual(['NotOfASite', writerA.address]);
    await consortium.pass('readmitSite', 1);
    await consortium.send(writerA, 'executeErasure', orderId);
  });

  it('is within 30 days of the order', async () => {
    const orderId = await order();
    consortium.after(20n * DAY);
    await consortium.send(championA, 'approveErasure', orderId, hashOf(studies));
    consortium.after(10n * DAY - 1n);
    expect(await stateOf(orderId)).toBe(EXECUTABLE);
    consortium.after(1n);
    const expired = ['WrongErasureState', 1n, EXPIRED];
    expect(await consortium.refusal(writerA, 'executeErasure', orderId)).toEqual(expired);
    expect(await consortium.refusal(championA, 'cancelErasure', orderId)).toEqual(expired);
    const unapproved = await order();
    consortium.after(30n * DAY);
    expect(await consortium.refusal(championA, 'approveErasure', unapproved, hashOf(studies))).toEqual([
      'WrongErasureState',
      2n,
      EXPIRED,
    ]);
  });
});

describe('cancelErasure', () => {
  it.each([
    ['a champion of the site', championA],
    ['any governor', secondGovernor],
  ])('ends an order before it is executed: by %s', async (_, who) => {
    const orderId = await order();
    await consortium.send(championA, 'approveErasure', orderId, hashOf(studies));
    consortium.after(72n * HOUR);
    const { events } = await consortium.send(who, 'cancelErasure', orderId);
    expect(eventList(events)).toEqual([['ErasureCancelled', 1n, 1n, who.address]]);
    const cancelled = ['WrongErasureState', 1n, CANCELLED];
    expect(await consortium.refusal(writerA, 'executeErasure', orderId)).toEqual(cancelled);
    expect(await consortium.refusal(who, 'cancelErasure', orderId)).toEqual(cancelled);
    expect(await consortium.refusal(writerA, 'confirmErasure', orderId, FILES)).toEqual(cancelled);
  });

  it('is not for writers, other sites and strangers, and not for what is executed', async () => {
    const orderId = await order();
    for (const who of [writerA, championB, stranger])
      expect(await consortium.refusal(who, 'cancelErasure', orderId)).toEqual(['MayNotCancel', 1n, who.address]);
    expect(await consortium.refusal(stranger, 'cancelErasure', 2)).toEqual(['WrongErasureState', 2n, UNKNOWN]);
    await consortium.send(championA, 'approveErasure', orderId, hashOf(studies));
    consortium.after(72n * HOUR);
    await consortium.send(writerA, 'executeErasure', orderId);
    expect(await consortium.refusal(governor, 'cancelErasure', orderId)).toEqual(['WrongErasureState', 1n, EXECUTED]);
  });
});

describe('confirmErasure', () => {
  it('is for writers, once each, by a known method, after the execution', async () => {
    const early = await order();
    expect(await consortium.refusal(writerA, 'confirmErasure', early, FILES)).toEqual([
      'WrongErasureState',
      1n,
      ORDERED,
    ]);
    const orderId = await executed();
    for (const who of [championA, governor, stranger])
      expect(await consortium.refusal(who, 'confirmErasure', orderId, FILES)).toEqual(['NotAWriter', who.address]);
    for (const method of [0, 3])
      expect(await consortium.refusal(writerA, 'confirmErasure', orderId, method)).toEqual([
        'UnknownMethod',
        BigInt(method),
      ]);
    await consortium.send(writerA, 'confirmErasure', orderId, FILES);
    expect(await consortium.refusal(writerA, 'confirmErasure', orderId, HARDWARE)).toEqual([
      'AlreadyConfirmed',
      BigInt(orderId),
      writerA.address,
    ]);
    await consortium.send(championA, 'nameAccount', secondServer.address, WRITER);
    await consortium.send(secondServer, 'join', 1);
    await consortium.send(secondServer, 'confirmErasure', orderId, HARDWARE);
  });

  it('is for a dismissed site, too: it has held the keys', async () => {
    const orderId = await executed();
    await consortium.pass('dismissSite', 2, 0);
    await consortium.send(writerB, 'confirmErasure', orderId, FILES);
  });
});
