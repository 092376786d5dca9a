import { beforeEach, describe, expect, it } from '@jest/globals';
import { keccak256, solidityPacked } from 'ethers';
import { key } from '../testing/body.js';
import {
  CHAMPION,
  championA,
  DAY,
  ENDED,
  governors,
  HOUR,
  TestConsortium,
  WRITER,
  writerA,
} from '../testing/consortium.js';
import { account } from '../testing/test-chain.js';

/** Each test is what somebody tries who has stolen one key, and how the others end it. */
const [first, second, third] = governors;
const [mallory, mole, successor] = [account(66), account(67), account(68)];
const studies = Array.from({ length: 100 }, (_, i) => BigInt(i + 1));
const studiesHash = keccak256(solidityPacked(['uint256[]'], [studies]));
let consortium: TestConsortium;

beforeEach(async () => {
  consortium = await TestConsortium.open();
});

describe("a thief of a writer's key", () => {
  const thief = writerA;

  it('orders erasures, and none of them takes effect', async () => {
    await consortium.send(thief, 'orderErasure', studies);
    const refused: [string, ...unknown[]][] = [
      ['approveErasure', 1, studiesHash],
      ['nameAccount', mallory.address, CHAMPION],
      ['nameAccount', mallory.address, WRITER],
      ['removeAccount', championA.address],
    ];
    for (const [name, ...values] of refused)
      expect(await consortium.refusal(thief, name, ...values)).toEqual(['NotAChampion', thief.address]);
    expect((await consortium.refusal(thief, 'executeErasure', 1))[0]).toBe('WrongErasureState');
    // Nor does the thief stop honest orders.
    const cancelling = await consortium.refusal(thief, 'cancelErasure', 1);
    expect(cancelling).toEqual(['MayNotCancel', 1n, thief.address]);
    await consortium.send(championA, 'removeAccount', thief.address);
    await consortium.send(championA, 'cancelErasure', 1);
    expect(await consortium.refusal(thief, 'orderErasure', studies)).toEqual(['NotAWriter', thief.address]);
  });

  it('does not become a champion, nor come back', async () => {
    await consortium.send(thief, 'leaveSite');
    expect(await consortium.refusal(thief, 'join', 1)).toEqual(['NotNamed', thief.address, 1n]);
    expect(await consortium.refusal(thief, 'publishCard', ['', key(''), '0x01', 1, [thief.address]])).toEqual([
      'NotAChampion',
      thief.address,
    ]);
  });
});

describe("a thief of a champion's key", () => {
  const thief = championA;
  const honest = account(20);

  beforeEach(async () => {
    await consortium.send(thief, 'nameAccount', honest.address, CHAMPION);
    await consortium.send(honest, 'join', 1);
  });

  it('names a writer, orders and approves, and is stopped in the 72 hours', async () => {
    await consortium.send(thief, 'nameAccount', mallory.address, WRITER);
    await consortium.send(mallory, 'join', 1);
    await consortium.send(mallory, 'orderErasure', studies);
    await consortium.send(thief, 'approveErasure', 1, studiesHash);
    // No more than 100 studies a day.
    expect((await consortium.refusal(mallory, 'orderErasure', [1n]))[0]).toBe('TooManyStudiesToday');
    await consortium.send(honest, 'cancelErasure', 1);
    consortium.after(72n * HOUR);
    expect((await consortium.refusal(mallory, 'executeErasure', 1))[0]).toBe('WrongErasureState');
    await consortium.pass('removeAccountOf', 1, thief.address);
    await consortium.send(honest, 'removeAccount', mallory.address);
    expect(await consortium.refusal(mallory, 'orderErasure', [1n])).toEqual(['NotAWriter', mallory.address]);
  });

  it('turns out the writers, and no champion', async () => {
    await consortium.send(thief, 'removeAccount', writerA.address);
    const other = await consortium.refusal(thief, 'removeAccount', honest.address);
    expect(other).toEqual(['OnlyAProposalRemovesAChampion', honest.address, 1n]);
    await consortium.send(honest, 'nameAccount', writerA.address, WRITER);
    await consortium.send(writerA, 'join', 1);
  });
});

describe("a thief of a governor's key", () => {
  const thief = third;

  it('proposes, and executes nothing without a majority', async () => {
    const { id, data } = await consortium.propose(thief, 'addGovernor', mallory.address);
    consortium.after(10n * DAY);
    expect((await consortium.refusal(thief, 'execute', id, data))[0]).toBe('WrongProposalState');
    for (const [name, ...values] of [
      ['addGovernor', mallory.address],
      ['dismissSite', 1, 0],
      ['rule', mallory.address, key('image'), 113_001],
    ] as [string, ...unknown[]][])
      expect(await consortium.refusal(thief, name, ...values)).toEqual(['OnlyByProposal', thief.address]);
  });

  it('delays its own removal once, and does not stop it', async () => {
    const { id, data, dataHash } = await consortium.propose(first, 'replaceGovernor', thief.address, successor.address);
    await consortium.send(second, 'approve', id, dataHash);
    consortium.after(72n * HOUR - 1n);
    await consortium.send(thief, 'sendBack', id);
    for (const who of [first, second]) await consortium.send(who, 'approve', id, dataHash);
    expect(await consortium.refusal(thief, 'sendBack', id)).toEqual(['AlreadySentBack', id]);
    consortium.after(72n * HOUR);
    await consortium.send(first, 'execute', id, data);
    expect(await consortium.refusal(thief, 'sendBack', id)).toEqual(['NotAGovernor', thief.address]);
  });

  it('begins to replace the others, and one objection ends that', async () => {
    await consortium.send(thief, 'startReplacement', first.address, mallory.address);
    await consortium.send(thief, 'startReplacement', second.address, mole.address);
    consortium.after(29n * DAY);
    await consortium.send(first, 'objectToReplacement', first.address);
    await consortium.send(first, 'objectToReplacement', second.address);
    consortium.after(DAY);
    for (const { address } of [first, second])
      expect(await consortium.refusal(thief, 'executeReplacement', address)).toEqual(['NoReplacement', address]);
  });

  it('does not act for a site, and is stopped from cancelling erasures by being replaced', async () => {
    expect(await consortium.refusal(thief, 'orderErasure', studies)).toEqual(['NotAWriter', thief.address]);
    expect(await consortium.refusal(thief, 'nameAccount', mallory.address, CHAMPION)).toEqual([
      'NotAChampion',
      thief.address,
    ]);
    await consortium.send(writerA, 'orderErasure', studies);
    await consortium.send(thief, 'cancelErasure', 1);
    await consortium.pass('replaceGovernor', thief.address, successor.address);
    await consortium.send(writerA, 'orderErasure', studies);
    expect(await consortium.refusal(thief, 'cancelErasure', 2)).toEqual(['MayNotCancel', 2n, thief.address]);
  });
});

describe('a site that has lost all its keys', () => {
  it('gets a champion by proposal, who names writers', async () => {
    await consortium.pass('nameChampion', 1, successor.address);
    await consortium.send(successor, 'join', 1);
    await consortium.pass('removeAccountOf', 1, championA.address);
    await consortium.send(successor, 'removeAccount', writerA.address);
    await consortium.send(successor, 'nameAccount', mole.address, WRITER);
    await consortium.send(mole, 'join', 1);
    expect(await consortium.call('siteOf', mole.address)).toBe(1n);
    expect(await consortium.call('siteOf', writerA.address)).toBe(0n);
  });
});

describe('thieves of a majority of keys', () => {
  it('wait for 72 hours, in which the last honest governor sends them back and the others are warned', async () => {
    const { id, dataHash } = await consortium.propose(second, 'replaceGovernor', first.address, mallory.address);
    await consortium.send(third, 'approve', id, dataHash);
    const { events } = await consortium.send(first, 'sendBack', id);
    expect(events.map(({ name }) => name)).toEqual(['SentBack']);
    // Whose key the second one is, is warned: together they change the set, and that ends what the thieves had open.
    const early = await consortium.propose(first, 'replaceGovernor', third.address, successor.address);
    await consortium.send(second, 'approve', early.id, early.dataHash);
    consortium.after(72n * HOUR);
    await consortium.send(first, 'execute', early.id, early.data);
    expect(await consortium.stateOf(id)).toBe(ENDED);
  });
});
