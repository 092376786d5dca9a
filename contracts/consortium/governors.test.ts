import { beforeEach, describe, expect, it } from '@jest/globals';
import { ZeroAddress } from 'ethers';
import { DAY, ENDED, governors, HOUR, stranger, TestConsortium, writerA } from '../testing/consortium.js';
import { account, eventList } from '../testing/test-chain.js';

const [first, second, third] = governors;
const [fourth, fifth] = [account(4), account(5)];
let consortium: TestConsortium;

beforeEach(async () => {
  consortium = await TestConsortium.deploy();
});

describe('deployment', () => {
  it('takes 3 to 32 governors, and tells them', async () => {
    expect(eventList(consortium.deployment.events).slice(0, 3)).toEqual(
      governors.map(({ address }) => ['GovernorAdded', address]),
    );
    expect(await consortium.call('getGovernors')).toEqual(governors.map(({ address }) => address));
    expect(await consortium.call('governorVersion')).toBe(1n);
    expect(await consortium.call('waitSeconds')).toBe(72n * HOUR);
    const many = Array.from({ length: 33 }, (_, i) => account(100 + i));
    const open = (founders: typeof many) => TestConsortium.deploy({ founders });
    await expect(open(many)).rejects.toThrow('GovernorCountOutOfRange(33, 3, 32)');
    await expect(open(many.slice(0, 2))).rejects.toThrow('GovernorCountOutOfRange(2, 3, 32)');
    expect(await (await open(many.slice(0, 32))).call('governorCount')).toBe(32n);
  });

  it('takes a wait of 72 hours to 14 days; 0 is for trials, with one governor at least', async () => {
    const open = (waitSeconds: bigint, founders: readonly (typeof first)[] = governors) =>
      TestConsortium.deploy({ waitSeconds, founders });
    for (const waitSeconds of [1n, 72n * HOUR - 1n, 14n * DAY + 1n])
      await expect(open(waitSeconds)).rejects.toThrow(`WaitOutOfRange(${waitSeconds}, 259200, 1209600)`);
    expect(await (await open(14n * DAY)).call('waitSeconds')).toBe(14n * DAY);
    expect(await (await open(0n, [first])).call('governorCount')).toBe(1n);
  });

  it('refuses nobody, the same twice, and accounts of the first site', async () => {
    const open = (founders: (typeof first)[]) => TestConsortium.deploy({ founders });
    await expect(open([first, second, first])).rejects.toThrow('AlreadyAGovernor');
    await expect(open([first, second, { ...third, address: ZeroAddress }])).rejects.toThrow('ZeroAccount');
    await expect(open([first, second, writerA])).rejects.toThrow('AlreadyAGovernor');
  });
});

describe('the governors', () => {
  it('are added, removed and replaced by proposal; each change raises the version', async () => {
    const { events } = await consortium.pass('addGovernor', fourth.address);
    expect(eventList(events)[1]).toEqual(['GovernorAdded', fourth.address]);
    expect(await consortium.call('governorVersion')).toBe(2n);
    // Three of four pass.
    const { id, data, dataHash } = await consortium.propose(first, 'removeGovernor', second.address);
    for (const who of [third, fourth]) await consortium.send(who, 'approve', id, dataHash);
    consortium.after(72n * HOUR);
    const removed = await consortium.send(first, 'execute', id, data);
    expect(eventList(removed.events)[1]).toEqual(['GovernorRemoved', second.address]);
    expect(await consortium.call('getGovernors')).toEqual([first.address, fourth.address, third.address]);
    const replaced = await consortium.propose(first, 'replaceGovernor', third.address, fifth.address);
    await consortium.send(fourth, 'approve', replaced.id, replaced.dataHash);
    consortium.after(72n * HOUR);
    await consortium.send(first, 'execute', replaced.id, replaced.data);
    expect(await consortium.call('getGovernors')).toEqual([first.address, fourth.address, fifth.address]);
    expect(await consortium.call('governorVersion')).toBe(4n);
    for (const who of [second, third]) {
      expect(await consortium.call('isGovernor', who.address)).toBe(false);
      expect(await consortium.refusal(who, 'propose', data)).toEqual(['NotAGovernor', who.address]);
    }
  });

  it('are three at least, and nobody twice, no zero, no account of a site', async () => {
    expect(await consortium.passRefusal('removeGovernor', third.address)).toEqual([
      'GovernorCountOutOfRange',
      2n,
      3n,
      32n,
    ]);
    expect(await consortium.passRefusal('addGovernor', second.address)).toEqual(['AlreadyAGovernor', second.address]);
    expect(await consortium.passRefusal('addGovernor', ZeroAddress)).toEqual(['ZeroAccount']);
    expect(await consortium.passRefusal('addGovernor', writerA.address)).toEqual(['AccountInUse', writerA.address, 1n]);
    expect(await consortium.passRefusal('removeGovernor', stranger.address)).toEqual([
      'NotAGovernor',
      stranger.address,
    ]);
    const replacements: [string, string, unknown[]][] = [
      [stranger.address, fourth.address, ['NotAGovernor', stranger.address]],
      [third.address, second.address, ['AlreadyAGovernor', second.address]],
      [third.address, writerA.address, ['AccountInUse', writerA.address, 1n]],
    ];
    for (const [from, to, refusal] of replacements)
      expect(await consortium.passRefusal('replaceGovernor', from, to)).toEqual(refusal);
    expect(await consortium.call('governorVersion')).toBe(1n);
  });

  it('are 32 at most', async () => {
    const many = Array.from({ length: 32 }, (_, i) => account(100 + i));
    const full = await TestConsortium.deploy({ founders: many });
    const { id, data, dataHash } = await full.propose(many[0]!, 'addGovernor', fourth.address);
    for (const who of many.slice(1, 16)) await full.send(who, 'approve', id, dataHash);
    full.after(72n * HOUR);
    expect((await full.refusal(many[0]!, 'execute', id, data))[0]).toBe('WrongProposalState');
    await full.send(many[31]!, 'approve', id, dataHash);
    full.after(72n * HOUR);
    const [, , refusal] = await full.refusal(many[0]!, 'execute', id, data);
    expect(full.decode(refusal as string)).toEqual(['GovernorCountOutOfRange', 33n, 3n, 32n]);
  });
});

describe('a governor whose key is lost', () => {
  it('is replaced by the word of another when nobody objects for 30 days', async () => {
    const dueAt = consortium.chain.timestamp + 30n * DAY;
    const { events } = await consortium.send(first, 'startReplacement', third.address, fourth.address);
    expect(eventList(events)).toEqual([['ReplacementStarted', third.address, fourth.address, first.address, dueAt]]);
    expect(await consortium.call('getReplacement', third.address)).toEqual({
      successor: fourth.address,
      executableFrom: dueAt,
    });
    consortium.after(30n * DAY - 1n);
    const early = await consortium.refusal(first, 'executeReplacement', third.address);
    expect(early).toEqual(['ReplacementNotDue', third.address, dueAt]);
    consortium.after(1n);
    expect(await consortium.refusal(stranger, 'executeReplacement', third.address)).toEqual([
      'NotAGovernor',
      stranger.address,
    ]);
    const executed = await consortium.send(first, 'executeReplacement', third.address);
    expect(eventList(executed.events)).toEqual([
      ['GovernorRemoved', third.address],
      ['GovernorAdded', fourth.address],
    ]);
    expect(await consortium.call('getGovernors')).toEqual([first.address, second.address, fourth.address]);
    expect(await consortium.refusal(first, 'executeReplacement', third.address)).toEqual([
      'NoReplacement',
      third.address,
    ]);
  });

  it('of two of three, one after the other, until a majority can sign again', async () => {
    await consortium.send(first, 'startReplacement', second.address, fourth.address);
    await consortium.send(first, 'startReplacement', third.address, fifth.address);
    const open = await consortium.propose(first, 'renameSite', 1, 'B');
    consortium.after(30n * DAY);
    await consortium.send(first, 'executeReplacement', second.address);
    // The set has changed: the other one begins anew.
    expect(await consortium.refusal(first, 'executeReplacement', third.address)).toEqual([
      'NoReplacement',
      third.address,
    ]);
    expect(await consortium.stateOf(open.id)).toBe(ENDED);
    const { id, data, dataHash } = await consortium.propose(first, 'renameSite', 1, 'C');
    await consortium.send(fourth, 'approve', id, dataHash);
    await consortium.send(fourth, 'execute', id, data);
    await consortium.send(first, 'startReplacement', third.address, fifth.address);
  });

  it.each([
    ['another governor', second],
    ['whoever was to be replaced', third],
    ['whoever has begun it', first],
  ])('is not replaced when one objects: %s', async (_, who) => {
    await consortium.send(first, 'startReplacement', third.address, fourth.address);
    consortium.after(30n * DAY);
    const { events } = await consortium.send(who, 'objectToReplacement', third.address);
    expect(eventList(events)).toEqual([['ReplacementEnded', third.address, who.address]]);
    const none = ['NoReplacement', third.address];
    expect(await consortium.refusal(first, 'executeReplacement', third.address)).toEqual(none);
    expect(await consortium.refusal(first, 'objectToReplacement', third.address)).toEqual(none);
    await consortium.send(first, 'startReplacement', third.address, fourth.address);
  });

  it('is not replaced by itself, twice at once, by strangers, or by who cannot be a governor', async () => {
    const start = (by: typeof first, lost: string, successor: string) =>
      consortium.refusal(by, 'startReplacement', lost, successor);
    expect(await start(stranger, third.address, fourth.address)).toEqual(['NotAGovernor', stranger.address]);
    expect(await start(first, stranger.address, fourth.address)).toEqual(['NotAGovernor', stranger.address]);
    expect(await start(first, first.address, fourth.address)).toEqual(['ReplacesItself', first.address]);
    expect(await start(first, third.address, ZeroAddress)).toEqual(['ZeroAccount']);
    expect(await start(first, third.address, second.address)).toEqual(['AlreadyAGovernor', second.address]);
    expect(await start(first, third.address, writerA.address)).toEqual(['AccountInUse', writerA.address, 1n]);
    await consortium.send(first, 'startReplacement', third.address, fourth.address);
    const again = await start(second, third.address, fifth.address);
    expect(again).toEqual(['ReplacementOpen', third.address, fourth.address]);
    expect(await consortium.refusal(stranger, 'objectToReplacement', third.address)).toEqual([
      'NotAGovernor',
      stranger.address,
    ]);
  });

  it('is replaced within 30 days after that, or begun anew', async () => {
    await consortium.send(first, 'startReplacement', third.address, fourth.address);
    consortium.after(60n * DAY);
    expect(await consortium.refusal(first, 'executeReplacement', third.address)).toEqual([
      'NoReplacement',
      third.address,
    ]);
    expect(await consortium.call('getReplacement', third.address)).toEqual({
      successor: ZeroAddress,
      executableFrom: 0n,
    });
    await consortium.send(first, 'startReplacement', third.address, fifth.address);
  });
});
