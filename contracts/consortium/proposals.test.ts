import { beforeEach, describe, expect, it } from '@jest/globals';
import { id as hashOf, keccak256 } from 'ethers';
import {
  DAY,
  ENDED,
  EXECUTABLE,
  EXECUTED,
  EXPIRED,
  governors,
  HOUR,
  NO_PROPOSAL,
  OPEN,
  stranger,
  TestConsortium,
  WAITING,
  writerA,
} from '../testing/consortium.js';
import { account, eventList } from '../testing/test-chain.js';

const [first, second, third] = governors;
const fourth = account(4);
let consortium: TestConsortium;

beforeEach(async () => {
  consortium = await TestConsortium.deploy();
});

describe('propose', () => {
  it('tells the call and is the first approval', async () => {
    const data = consortium.encode('renameSite', 1, 'St. Elsewhere');
    const { events } = await consortium.send(first, 'propose', data);
    expect(eventList(events)).toEqual([
      ['Proposed', 1n, first.address, data],
      ['Approved', 1n, first.address],
    ]);
    expect(await consortium.proposal(1n)).toEqual({
      state: OPEN,
      dataHash: keccak256(data),
      approvalCount: 1n,
      waits: false,
      sentBack: false,
      executableFrom: 0n,
      expiresAt: consortium.chain.timestamp + 30n * DAY,
    });
    expect(await consortium.call('hasApproved', 1, first.address)).toBe(true);
    expect(await consortium.call('hasApproved', 1, second.address)).toBe(false);
    expect(await consortium.call('hasApproved', 1, stranger.address)).toBe(false);
  });

  it('is for governors', async () => {
    const data = consortium.encode('renameSite', 1, 'Mine');
    for (const who of [stranger, writerA])
      expect(await consortium.refusal(who, 'propose', data)).toEqual(['NotAGovernor', who.address]);
  });

  it('takes no call but those that only the consortium itself may make', async () => {
    const others = [
      consortium.encode('join', 1),
      consortium.encode('propose', '0x'),
      consortium.encode('approve', 1, hashOf('')),
      consortium.encode('execute', 1, '0x'),
      consortium.encode('leaveSite'),
      consortium.encode('openRing', `0x${'11'.repeat(16)}`, hashOf('')),
      '0x12345678',
      '0x',
    ];
    for (const data of others) {
      const selector = data.slice(0, 10).padEnd(10, '0');
      expect(await consortium.refusal(first, 'propose', data)).toEqual(['NotProposable', selector]);
    }
  });

  it('takes 4,096 bytes, not 4,097', async () => {
    const data = consortium.encode('renameSite', 1, 'A').padEnd(2 + 2 * 4_096, '0');
    expect(await consortium.refusal(first, 'propose', `${data}00`)).toEqual(['ProposalTooLong', 4_097n, 4_096n]);
    await consortium.send(first, 'propose', data);
  });
});

describe('the functions of proposals', () => {
  it('can be called by nobody else', async () => {
    const calls: [string, ...unknown[]][] = [
      ['addGovernor', stranger.address],
      ['removeGovernor', third.address],
      ['replaceGovernor', third.address, stranger.address],
      ['admitSite', 'Mine', [stranger.address]],
      ['renameSite', 1, 'Mine'],
      ['dismissSite', 1, 0],
      ['readmitSite', 1],
      ['nameChampion', 1, stranger.address],
      ['removeAccountOf', 1, writerA.address],
      ['allowErasures', 1, 1_000, 2_000_000_000],
      ['rule', stranger.address, hashOf('image'), 113_001],
      ['assignIssuer', hashOf('issuer'), 1],
    ];
    for (const [name, ...values] of calls) {
      for (const who of [stranger, writerA, first])
        expect(await consortium.refusal(who, name, ...values)).toEqual(['OnlyByProposal', who.address]);
      await consortium.send(first, 'propose', consortium.encode(name, ...values));
    }
  });
});

describe('a proposal', () => {
  it('passes with more than half of the governors, and is executed once', async () => {
    const { id, data, dataHash } = await consortium.propose(first, 'renameSite', 1, 'St. Elsewhere');
    const early = await consortium.refusal(first, 'execute', id, data);
    expect(early).toEqual(['WrongProposalState', id, OPEN]);
    const { events: approved } = await consortium.send(second, 'approve', id, dataHash);
    expect(eventList(approved)).toEqual([
      ['Approved', id, second.address],
      ['Passed', id, consortium.chain.timestamp],
    ]);
    expect(await consortium.stateOf(id)).toBe(EXECUTABLE);
    const { events } = await consortium.send(third, 'execute', id, data);
    expect(eventList(events)).toEqual([
      ['Executed', id, third.address],
      ['SiteRenamed', 1n, 'St. Elsewhere'],
    ]);
    const again = await consortium.refusal(third, 'execute', id, data);
    expect(again).toEqual(['WrongProposalState', id, EXECUTED]);
    const late = await consortium.refusal(third, 'approve', id, dataHash);
    expect(late).toEqual(['WrongProposalState', id, EXECUTED]);
  });

  it('of four governors does not pass with two', async () => {
    await consortium.pass('addGovernor', fourth.address);
    const { id, data, dataHash } = await consortium.propose(first, 'renameSite', 1, 'B');
    await consortium.send(second, 'approve', id, dataHash);
    expect(await consortium.refusal(first, 'execute', id, data)).toEqual(['WrongProposalState', id, OPEN]);
    await consortium.send(fourth, 'approve', id, dataHash);
    await consortium.send(first, 'execute', id, data);
  });

  it('is approved by what was read, once, by governors', async () => {
    const { id, data, dataHash } = await consortium.propose(first, 'renameSite', 1, 'B');
    const other = keccak256(consortium.encode('renameSite', 1, 'C'));
    expect(await consortium.refusal(second, 'approve', id, other)).toEqual(['WrongData', id, dataHash, other]);
    expect(await consortium.refusal(first, 'approve', id, dataHash)).toEqual(['AlreadyApproved', id, first.address]);
    expect(await consortium.refusal(stranger, 'approve', id, dataHash)).toEqual(['NotAGovernor', stranger.address]);
    expect(await consortium.refusal(first, 'approve', 2, dataHash)).toEqual(['WrongProposalState', 2n, NO_PROPOSAL]);
    await consortium.send(second, 'approve', id, dataHash);
    const wrong = consortium.encode('renameSite', 1, 'C');
    expect(await consortium.refusal(first, 'execute', id, wrong)).toEqual([
      'WrongData',
      id,
      dataHash,
      keccak256(wrong),
    ]);
    expect(await consortium.refusal(stranger, 'execute', id, data)).toEqual(['NotAGovernor', stranger.address]);
    await consortium.send(first, 'execute', id, data);
  });

  it('lives for 30 days', async () => {
    const { id, data, dataHash } = await consortium.propose(first, 'renameSite', 1, 'B');
    consortium.after(30n * DAY - 1n);
    await consortium.send(second, 'approve', id, dataHash);
    consortium.after(1n);
    const expired = ['WrongProposalState', id, EXPIRED];
    expect(await consortium.refusal(first, 'execute', id, data)).toEqual(expired);
    expect(await consortium.refusal(third, 'approve', id, dataHash)).toEqual(expired);
    expect(await consortium.refusal(first, 'revoke', id)).toEqual(expired);
    consortium.chain.timestamp -= 1n;
    await consortium.send(first, 'execute', id, data);
  });

  it('whose call is refused stays, and tells why', async () => {
    const refusal = await consortium.passRefusal('readmitSite', 1);
    expect(refusal).toEqual(['SiteNotDismissed', 1n]);
    expect(await consortium.stateOf(1n)).toBe(EXECUTABLE);
    await consortium.pass('dismissSite', 1, 0);
    await consortium.send(third, 'execute', 1, consortium.encode('readmitSite', 1));
    expect(await consortium.call('getSite', 1)).toMatchObject({ admitted: true });
  });

  it('loses its majority with an approval that is taken back', async () => {
    const { id, data, dataHash } = await consortium.propose(first, 'addGovernor', fourth.address);
    await consortium.send(second, 'approve', id, dataHash);
    consortium.after(72n * HOUR);
    expect(await consortium.stateOf(id)).toBe(EXECUTABLE);
    expect(await consortium.refusal(third, 'revoke', id)).toEqual(['NotApproved', id, third.address]);
    const { events } = await consortium.send(second, 'revoke', id);
    expect(eventList(events)).toEqual([['ApprovalRevoked', id, second.address]]);
    expect(await consortium.refusal(second, 'revoke', id)).toEqual(['NotApproved', id, second.address]);
    expect(await consortium.refusal(first, 'execute', id, data)).toEqual(['WrongProposalState', id, OPEN]);
    await consortium.send(third, 'approve', id, dataHash);
    expect(await consortium.refusal(first, 'execute', id, data)).toEqual(['WrongProposalState', id, WAITING]);
    consortium.after(72n * HOUR);
    await consortium.send(first, 'execute', id, data);
  });

  it('ends with every change of the governors, also when it had passed', async () => {
    const passed = await consortium.propose(first, 'renameSite', 1, 'B');
    await consortium.send(second, 'approve', passed.id, passed.dataHash);
    const open = await consortium.propose(third, 'renameSite', 1, 'C');
    await consortium.pass('addGovernor', fourth.address);
    const ended = await consortium.refusal(first, 'execute', passed.id, passed.data);
    expect(ended).toEqual(['WrongProposalState', passed.id, ENDED]);
    const late = await consortium.refusal(first, 'approve', open.id, open.dataHash);
    expect(late).toEqual(['WrongProposalState', open.id, ENDED]);
    expect(await consortium.call('hasApproved', passed.id, first.address)).toBe(false);
  });
});

describe('a proposal that waits', () => {
  it.each([
    ['addGovernor', [fourth.address]],
    ['replaceGovernor', [third.address, fourth.address]],
    ['dismissSite', [1, 0]],
    ['allowErasures', [1, 1_000, 2_000_000_000]],
  ])('is executed 72 hours after it has passed: %s', async (name, values) => {
    const { id, data, dataHash } = await consortium.propose(first, name, ...values);
    const passedAt = (consortium.chain.timestamp += 5n * HOUR);
    await consortium.send(second, 'approve', id, dataHash);
    expect(await consortium.proposal(id)).toMatchObject({ waits: true, executableFrom: passedAt + 72n * HOUR });
    consortium.after(72n * HOUR - 1n);
    expect(await consortium.refusal(first, 'execute', id, data)).toEqual(['WrongProposalState', id, WAITING]);
    consortium.after(1n);
    await consortium.send(first, 'execute', id, data);
  });

  it.each([
    ['admitSite', ['Site C', [stranger.address]]],
    ['renameSite', [1, 'B']],
    ['nameChampion', [1, stranger.address]],
    ['removeAccountOf', [1, writerA.address]],
    ['rule', [stranger.address, hashOf('image'), 113_001]],
    ['assignIssuer', [hashOf('issuer'), 1]],
  ])('is not one of these: %s, executed as soon as it has passed', async (name, values) => {
    const { id, data, dataHash } = await consortium.propose(first, name, ...values);
    await consortium.send(second, 'approve', id, dataHash);
    await consortium.send(second, 'execute', id, data);
  });

  it('is sent back to the vote by one governor, once', async () => {
    const { id, data, dataHash } = await consortium.propose(first, 'removeGovernor', third.address);
    expect(await consortium.refusal(third, 'sendBack', id)).toEqual(['WrongProposalState', id, OPEN]);
    await consortium.pass('addGovernor', fourth.address);
    const again = await consortium.propose(first, 'removeGovernor', third.address);
    for (const who of [second, fourth]) await consortium.send(who, 'approve', again.id, again.dataHash);
    expect(await consortium.refusal(stranger, 'sendBack', again.id)).toEqual(['NotAGovernor', stranger.address]);
    const { events } = await consortium.send(third, 'sendBack', again.id);
    expect(eventList(events)).toEqual([['SentBack', again.id, third.address]]);
    expect(await consortium.proposal(again.id)).toMatchObject({ state: OPEN, approvalCount: 0n, sentBack: true });
    consortium.after(72n * HOUR);
    expect(await consortium.refusal(first, 'execute', again.id, data)).toEqual(['WrongProposalState', again.id, OPEN]);
    for (const who of [first, second, fourth]) await consortium.send(who, 'approve', again.id, dataHash);
    expect(await consortium.refusal(third, 'sendBack', again.id)).toEqual(['AlreadySentBack', again.id]);
    const waiting = ['WrongProposalState', again.id, WAITING];
    expect(await consortium.refusal(first, 'execute', again.id, data)).toEqual(waiting);
    consortium.after(72n * HOUR);
    await consortium.send(first, 'execute', again.id, data);
    expect(await consortium.call('isGovernor', third.address)).toBe(false);
  });

  it('can be sent back as long as it is not executed; others cannot', async () => {
    const waits = await consortium.propose(first, 'dismissSite', 1, 0);
    await consortium.send(second, 'approve', waits.id, waits.dataHash);
    consortium.after(100n * HOUR);
    await consortium.send(third, 'sendBack', waits.id);
    const other = await consortium.propose(first, 'renameSite', 1, 'B');
    await consortium.send(second, 'approve', other.id, other.dataHash);
    expect(await consortium.refusal(third, 'sendBack', other.id)).toEqual(['ProposalDoesNotWait', other.id]);
  });

  it('is executed at once on a chain for trials', async () => {
    const trial = await TestConsortium.deploy({ founders: [first], waitSeconds: 0n });
    const { id, data } = await trial.propose(first, 'addGovernor', fourth.address);
    await trial.send(first, 'execute', id, data);
    expect(await trial.call('getGovernors')).toEqual([first.address, fourth.address]);
  });
});
