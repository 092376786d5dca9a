import { setTimeout as sleep } from 'node:timers/promises';
import { LedgerError } from '../base/errors.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import { gethEdition, type GethEdition } from './geth-edition.js';

/** One call over a node's IPC socket. */
export type Ipc = (method: string, ...parameters: unknown[]) => Promise<unknown>;

/** What the signers' votes have led to, at a node's head (EIP-225). */
export interface VoteCount {
  signers: Hex[];
  /** Votes that are in blocks and have not led to anything yet. */
  votes: { signer: Hex; address: Hex; authorize: boolean }[];
}

async function readVotes(ipc: Ipc): Promise<VoteCount> {
  const { signers, votes } = (await ipc('clique_getSnapshot')) as {
    signers: Record<Hex, unknown>;
    votes: VoteCount['votes'] | null;
  };
  return { signers: Object.keys(signers).sort() as Hex[], votes: votes ?? [] };
}

export interface Proposal {
  /** Of the node that is asked. */
  voter: Hex;
  /** Who shall seal, or no more. */
  address: Hex;
  authorize: boolean;
  /** How long to wait for the block that has the vote. */
  timeoutMs?: number;
}

export interface ProposalOutcome {
  tookEffect: boolean;
  /** Signers that have to vote the same before it does. */
  missingVotes: number;
  signers: Hex[];
}

/**
 * Lets a node vote, and returns once its vote is in a block. More than half of the signers have to vote the same; those that do
 * not run count. Throws `site-not-admitted` when the node is no signer, `unavailable` when no block takes the vote in time.
 */
export async function propose(ipc: Ipc, proposal: Proposal): Promise<ProposalOutcome> {
  const { voter, authorize, timeoutMs = 60_000 } = proposal;
  const address = proposal.address.toLowerCase() as Hex;
  const before = await readVotes(ipc);
  if (before.signers.includes(address) === authorize)
    return { tookEffect: true, missingVotes: 0, signers: before.signers };
  if (!before.signers.includes(voter))
    throw new LedgerError(
      'site-not-admitted',
      `The node's account ${voter} seals no blocks, so it has no vote: run this at the signers ${before.signers.join(', ')}.`,
    );
  if (!authorize && before.signers.length === 1)
    throw new LedgerError('bad-request', `${address} is the last signer: without it the chain stops for ever.`);
  await ipc('clique_propose', address, authorize);
  for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(100)) {
    const { signers, votes } = await readVotes(ipc);
    if (signers.includes(address) === authorize) {
      // Else it would vote again, should others decide otherwise later.
      await ipc('clique_discard', address);
      return { tookEffect: true, missingVotes: 0, signers };
    }
    const same = votes.filter((vote) => vote.address === address && vote.authorize === authorize);
    if (same.some(({ signer }) => signer === voter))
      return { tookEffect: false, missingVotes: Math.floor(signers.length / 2) + 1 - same.length, signers };
  }
  throw new LedgerError(
    'unavailable',
    `No block has the vote of ${voter} after ${timeoutMs / 1000} s; it stays proposed while the node runs. ` +
      'Look with "dicom-ledger network status" whether blocks are made: more than half of the signers have to run.',
    { retryable: true },
  );
}

export interface NodeReport {
  head: { number: number; hash: Hex; ageSeconds: number };
  /** Sorted, as their turns are. */
  signers: Hex[];
  /** Whose turn the next block is. */
  inTurn: Hex;
  votes: VoteCount['votes'];
  /** `geth` is what it tells of its program; undefined where that is no geth. */
  peers: { enode: string; address: string; geth: GethEdition | undefined }[];
  isSyncing: boolean;
}

export async function readStatus(ipc: Ipc): Promise<NodeReport> {
  const [block, { signers, votes }, peers, syncing] = await Promise.all([
    ipc('eth_getBlockByNumber', 'latest', false) as Promise<{ number: Hex; hash: Hex; timestamp: Hex }>,
    readVotes(ipc),
    ipc('admin_peers') as Promise<{ enode: string; name: string; network: { remoteAddress: string } }[]>,
    ipc('eth_syncing'),
  ]);
  const number = Number(block.number);
  return {
    head: {
      number,
      hash: block.hash,
      ageSeconds: Math.max(0, Math.round(Date.now() / 1000 - Number(block.timestamp))),
    },
    signers,
    inTurn: signers[(number + 1) % signers.length]!,
    votes,
    peers: peers.map(({ enode, name, network }) => ({
      enode,
      address: network.remoteAddress,
      geth: gethEdition(name),
    })),
    isSyncing: syncing !== false,
  };
}
