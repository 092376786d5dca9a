import { expect } from '@jest/globals';
import fc from 'fast-check';
import { keccak256 } from 'ethers';
import { championA, championB, governors, TestConsortium, writerA, writerB } from './consortium.js';
import { type Call, ConsortiumModel, type ModelProposal, type Role, type Step } from './consortium-model.js';
import { account, type Account } from './test-chain.js';

const people: Record<string, Account> = {
  governor1: governors[0],
  governor2: governors[1],
  governor3: governors[2],
  writerA,
  championA,
  writerB,
  championB,
  fresh1: account(31),
  fresh2: account(32),
  fresh3: account(33),
  fresh4: account(34),
};
const STATES = ['none', 'open', 'waiting', 'executable', 'executed', 'expired', 'ended'];
const SITES = 2;

const anybody = fc.constantFrom(...Object.keys(people));
/** Mostly a governor, so that something comes about. */
const governor = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('governor1', 'governor2', 'governor3') },
  { weight: 1, arbitrary: anybody },
);
const champion = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('championA', 'championB') },
  { weight: 1, arbitrary: anybody },
);
const site = fc.integer({ min: 1, max: SITES + 1 });
const back = fc.integer({ min: 0, max: 2 });
const role = fc.constantFrom<Role>(1, 2);

const call: fc.Arbitrary<Call> = fc.oneof(
  fc.record({ kind: fc.constantFrom('addGovernor', 'removeGovernor'), account: anybody }),
  fc.record({ kind: fc.constant('replaceGovernor'), account: governor, successor: anybody }),
  fc.record({ kind: fc.constantFrom('dismissSite', 'readmitSite'), site }),
  fc.record({ kind: fc.constantFrom('nameChampion', 'removeAccountOf'), site, account: anybody }),
);

const seconds = fc.constantFrom(3_600, 72 * 3_600 - 1, 1, 72 * 3_600, 30 * 86_400);

const single: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('propose'), by: governor, call }),
  fc.record({ kind: fc.constantFrom('approve', 'approve', 'revoke', 'sendBack', 'execute'), by: governor, back }),
  fc.record({ kind: fc.constant('startReplacement'), by: governor, lost: governor, successor: anybody }),
  fc.record({ kind: fc.constantFrom('objectToReplacement', 'executeReplacement'), by: governor, lost: governor }),
  fc.record({ kind: fc.constant('nameAccount'), by: champion, account: anybody, role }),
  fc.record({ kind: fc.constant('removeAccount'), by: champion, account: anybody }),
  fc.record({ kind: fc.constant('join'), by: anybody, site }),
  fc.record({ kind: fc.constant('leaveSite'), by: anybody }),
  fc.record({ kind: fc.constant('wait'), seconds }),
);

/** Steps that lead somewhere, if nothing of what was before is in their way. */
const decision = fc
  .record({
    call,
    by: fc.shuffledSubarray(['governor1', 'governor2', 'governor3'], { minLength: 3 }),
    isHasty: fc.boolean(),
  })
  .map(({ call, by: [first, second, third], isHasty }): Step[] => [
    { kind: 'propose', by: first!, call },
    { kind: 'approve', by: second!, back: 0 },
    { kind: 'approve', by: third!, back: 0 },
    { kind: 'wait', seconds: isHasty ? 60 : 72 * 3_600 },
    { kind: 'execute', by: first!, back: 0 },
  ]);
const replacement = fc
  .record({ by: governor, lost: governor, successor: anybody, isHasty: fc.boolean() })
  .map(({ by, lost, successor, isHasty }): Step[] => [
    { kind: 'startReplacement', by, lost, successor },
    { kind: 'wait', seconds: isHasty ? 29 * 86_400 : 30 * 86_400 },
    { kind: 'executeReplacement', by, lost },
  ]);
const change = fc.record({ by: champion, account: anybody, role, site }).map(({ by, account, role, site }): Step[] => [
  { kind: 'leaveSite', by: account },
  { kind: 'nameAccount', by, account, role },
  { kind: 'join', by: account, site },
]);

/** Steps that the consortium and its model take alike. */
export const consortiumSteps = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: single.map((step) => [step]) },
      { weight: 3, arbitrary: decision },
      { weight: 1, arbitrary: replacement },
      { weight: 1, arbitrary: change },
    ),
    { minLength: 10, maxLength: 30, size: 'max' },
  )
  .map((scenes) => scenes.flat());

/** Lets both take the steps, and compares each answer and what has become of all. */
export async function expectAsModel(steps: readonly Step[]): Promise<void> {
  const consortium = await TestConsortium.open();
  const begunAt = consortium.chain.timestamp;
  const seats = new Map<string, { site: number; role: Role }>([
    ['writerA', { site: 1, role: 1 }],
    ['championA', { site: 1, role: 2 }],
    ['writerB', { site: 2, role: 1 }],
    ['championB', { site: 2, role: 2 }],
  ]);
  const model = new ConsortiumModel(['governor1', 'governor2', 'governor3'], seats, SITES);
  for (const next of steps) {
    const answer = await take(consortium, next, model.proposals);
    expect([next, answer]).toEqual([next, model.take(next)]);
  }
  expect(await stateOfContract(consortium, model, begunAt)).toEqual(stateOfModel(model));
}

/** Proposal 1 was the admission of site 2. */
const FIRST_ID = 2;

/** Sends what the step says; returns the name of the refusal, and of the call's when that was refused. */
async function take(
  consortium: TestConsortium,
  step: Step,
  proposals: readonly ModelProposal[],
): Promise<string | undefined> {
  if (step.kind === 'wait') {
    consortium.after(BigInt(step.seconds));
    return undefined;
  }
  const idOf = (back: number): number => Math.max(0, proposals.length - 1 - back + FIRST_ID);
  const dataOf = (back: number): string => {
    const proposal = proposals.at(-1 - back);
    return proposal === undefined ? '0x' : encodeCall(consortium, proposal.call);
  };
  const values = ((): unknown[] => {
    switch (step.kind) {
      case 'propose':
        return [encodeCall(consortium, step.call)];
      case 'approve':
        return [idOf(step.back), keccak256(dataOf(step.back))];
      case 'execute':
        return [idOf(step.back), dataOf(step.back)];
      case 'revoke':
      case 'sendBack':
        return [idOf(step.back)];
      case 'startReplacement':
        return [addressOf(step.lost), addressOf(step.successor)];
      case 'objectToReplacement':
      case 'executeReplacement':
        return [addressOf(step.lost)];
      case 'nameAccount':
        return [addressOf(step.account), step.role];
      case 'removeAccount':
        return [addressOf(step.account)];
      case 'join':
        return [step.site];
      case 'leaveSite':
        return [];
    }
  })();
  const refusal = await consortium.attempt(people[step.by]!, step.kind, ...values);
  if (refusal?.[0] !== 'CallFailed') return refusal?.[0] as string | undefined;
  return `CallFailed ${String(consortium.decode(refusal[2] as string)[0])}`;
}

function encodeCall(consortium: TestConsortium, call: Call): string {
  switch (call.kind) {
    case 'addGovernor':
    case 'removeGovernor':
      return consortium.encode(call.kind, addressOf(call.account));
    case 'replaceGovernor':
      return consortium.encode(call.kind, addressOf(call.account), addressOf(call.successor));
    case 'dismissSite':
      return consortium.encode(call.kind, call.site, 0);
    case 'readmitSite':
      return consortium.encode(call.kind, call.site);
    case 'nameChampion':
    case 'removeAccountOf':
      return consortium.encode(call.kind, call.site, addressOf(call.account));
  }
}

function stateOfModel(model: ConsortiumModel): unknown {
  return {
    governors: model.governors,
    version: model.version,
    proposals: model.proposals.map((proposal) => [model.stateOf(proposal), proposal.approvals.size]),
    accounts: Object.keys(people).map((name) => {
      const seat = model.seats.get(name) ?? { site: 0, role: 0 };
      const named = [1, 2].map((number) => model.named.get(`${number} ${name}`) ?? 0);
      return { name, ...seat, named, replacedAt: model.openReplacement(name)?.dueAt ?? 0 };
    }),
    sites: [1, 2].map((number) => [
      model.admitted.get(number),
      ...[1, 2].map(
        (role) => [...model.seats.values()].filter((seat) => seat.site === number && seat.role === role).length,
      ),
    ]),
  };
}

async function stateOfContract(consortium: TestConsortium, model: ConsortiumModel, begunAt: bigint): Promise<unknown> {
  const nameOf = (address: string): string => Object.keys(people).find((name) => addressOf(name) === address)!;
  const proposals = [];
  for (const i of model.proposals.keys()) {
    const { state, approvalCount } = await consortium.proposal(BigInt(FIRST_ID + i));
    proposals.push([STATES[Number(state)], Number(approvalCount)]);
  }
  const accounts = [];
  for (const [name, { address }] of Object.entries(people)) {
    const { siteId, role } = await consortium.call<{ siteId: bigint; role: bigint }>('getAccount', address);
    const named = [];
    for (const number of [1, 2]) named.push(Number(await consortium.call<bigint>('namedRole', number, address)));
    const { executableFrom } = await consortium.call<{ executableFrom: bigint }>('getReplacement', address);
    const replacedAt = executableFrom === 0n ? 0 : Number(executableFrom - begunAt);
    accounts.push({ name, site: Number(siteId), role: Number(role), named, replacedAt });
  }
  const sites = [];
  for (const number of [1, 2]) {
    const found = await consortium.call<{ admitted: boolean; writerCount: bigint; championCount: bigint }>(
      'getSite',
      number,
    );
    sites.push([found.admitted, Number(found.writerCount), Number(found.championCount)]);
  }
  return {
    governors: (await consortium.call<string[]>('getGovernors')).map(nameOf),
    version: Number(await consortium.call<bigint>('governorVersion')),
    proposals,
    accounts,
    sites,
  };
}

function addressOf(name: string): string {
  return people[name]!.address;
}
