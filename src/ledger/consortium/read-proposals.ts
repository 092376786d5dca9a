import { LedgerError } from '../../base/errors.js';
import { fromHex, toHex, type Hex } from '../ethereum/hex.js';
import { keccak256 } from '../ethereum/keccak256.js';
import { type ConsortiumAt, consortiumEvents, lower, uintTopic } from './consortium-events.js';
import { createConsortiumReader } from './consortium-reader.js';
import { decodeCall, type GovernedCall } from './decode-call.js';
import { readGovernors } from './read-governors.js';
import { PROPOSAL_STATES } from './refusal-sentences.js';

/** A proposal as the contract has it, with the call that was read back from its event. */
export interface Proposal {
  id: number;
  /** `ended`: the governors have changed since, so it is void. */
  state: (typeof PROPOSAL_STATES)[number];
  proposedBy: Hex;
  /** keccak256 of the call, computed here and found equal to the contract's. */
  hash: Hex;
  data: Hex;
  /** Undefined when it cannot be read: then nobody should approve it. */
  call: GovernedCall | undefined;
  /** Those of today's governors. */
  approvedBy: Hex[];
  /** How many approvals pass it: more than half of today's governors. */
  needed: number;
  waits: boolean;
  sentBack: boolean;
  /** Block times in seconds; `executableFrom` is 0 as long as it has not passed. */
  executableFrom: number;
  expiresAt: number;
}

/** Throws `not-found` for an unknown number, `corrupt` when the node's event is not the call whose hash the contract has. */
export async function readProposal(at: ConsortiumAt, id: number): Promise<Proposal> {
  const reader = createConsortiumReader(at.rpc, at.consortium);
  const [values, governors, [proposed]] = await Promise.all([
    reader.read('getProposal', id),
    readGovernors(at),
    consortiumEvents(at, ['Proposed'], { indexed: [uintTopic(id)] }),
  ]);
  const state = PROPOSAL_STATES[Number(values.state)] ?? 'unknown';
  if (state === 'unknown')
    throw new LedgerError('not-found', `There is no proposal ${id}: "dicom-ledger proposal list" names them.`);
  if (proposed === undefined)
    throw new LedgerError('unavailable', `The node does not give the event of proposal ${id}: ask one that has every block.`, { retryable: true }); // prettier-ignore
  const data = lower(proposed.values.data);
  const hash = toHex(keccak256(fromHex(data)));
  if (hash !== values.dataHash)
    throw new LedgerError(
      'corrupt',
      `The node gives a call with hash ${hash} for proposal ${id}, and the contract has ${String(values.dataHash)}: trust neither this node nor the call, and ask another node.`,
    );
  const approved = await Promise.all(governors.map(async (one) => Boolean((await reader.read('hasApproved', id, one))[0]))); // prettier-ignore
  return {
    ...{ id, state, hash, data, call: readable(data) },
    proposedBy: lower(proposed.values.by),
    approvedBy: governors.filter((_, i) => approved[i]),
    needed: Math.floor(governors.length / 2) + 1,
    waits: Boolean(values.waits),
    sentBack: Boolean(values.sentBack),
    executableFrom: Number(values.executableFrom),
    expiresAt: Number(values.expiresAt),
  };
}

/** The newest first. `onlyLive` leaves out those that nobody can do anything about any more. */
export async function readProposals(at: ConsortiumAt, { onlyLive = false } = {}): Promise<Proposal[]> {
  const reader = createConsortiumReader(at.rpc, at.consortium);
  const count = Number((await reader.read('proposalCount'))[0]);
  const found: Proposal[] = [];
  for (let id = count; id > 0; id--) {
    const state = PROPOSAL_STATES[Number((await reader.read('getProposal', id)).state)]!;
    if (isLive(state) || !onlyLive) found.push(await readProposal(at, id));
    // All live for the same time, so those before are over, too.
    else if (state === 'expired') break;
  }
  return found;
}

/** Whether something can still be done about it. */
const isLive = (state: Proposal['state']): boolean => ['open', 'waiting', 'executable'].includes(state);

function readable(data: Hex): GovernedCall | undefined {
  try {
    return decodeCall(data);
  } catch {
    return undefined;
  }
}
