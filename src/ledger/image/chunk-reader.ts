import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';
import { LedgerError } from '../../base/errors.js';
import * as layout from '../contract/chunks.js';
import { fromHex, type Hex } from '../ethereum/hex.js';
import type { LedgerNode, Nodes } from '../nodes/node.js';
import type { Since } from '../ledger.js';
import type { CodeProver } from './code-prover.js';

/**
 * Reads chunks and believes no node: each chunk is checked against its address, by the thread that read it where that is one of
 * this process.
 */
export interface ChunkReader {
  /**
   * The data of chunks of a contract. What one node lacks or has wrong is asked of the next. Where no node has the right bytes, one
   * proves what is there, at the last block of the walk: code that is no chunk lies for ever, whoever announced it, and so does an
   * address without code that is said to have had some by the block `since`, while the walk is on the branch where that was said. Without such a proof nodes that gave wrong bytes are
   * distrusted, unless two gave the same. Rejects with `corrupt` when all that answer are wrong (`retryable` unless it is
   * proven, or said by two), and with `unavailable` when a chunk is at no node that answers.
   */
  read(contract: Hex, addresses: readonly Hex[], since?: Since): Promise<Buffer[]>;
}

/** Chunks in one request, as many as a MB and a piece at either end have: 49 KB of hex each, far below what a node bounds an answer to. */
const CHUNKS_AT_ONCE = 72;
/** Addresses that were proven to hold no chunk: one poisoned block names them again and again. */
const REMEMBERED_LIES = 10_000;

/** A chunk that is looked for: its data once a node had it, and what other nodes gave instead. */
interface Wanted {
  address: Hex;
  data: Buffer | undefined;
  wrong: { node: LedgerNode; code: Buffer }[];
}

interface ChunkReaderDependencies {
  nodes: Nodes;
  prover: CodeProver;
  /** `Ledger.branch`. */
  position: { readonly branch: number };
}

export function createChunkReader({ nodes, prover, position }: ChunkReaderDependencies): ChunkReader {
  /** Why there is no chunk, by contract and address. */
  const lies = new LRUCache<string, string>({ max: REMEMBERED_LIES });
  // Of thousands of lying announcements none is to keep a node from its other work.
  const oneAtATime = pLimit(1);

  const requireNoLie = (contract: Hex, address: Hex): void => {
    const lie = lies.get(contract + address);
    if (lie !== undefined) throw new LedgerError('corrupt', lie);
  };

  async function readSome(contract: Hex, addresses: readonly Hex[], since: Since | undefined): Promise<Buffer[]> {
    for (const address of addresses) requireNoLie(contract, address);
    const wanted = addresses.map((address): Wanted => ({ address, data: undefined, wrong: [] }));
    const unreachable = await ask(contract, wanted);
    for (const one of wanted.filter(({ data }) => data === undefined))
      if (!(await oneAtATime(() => settle(contract, one, since)))) break;
    blame(wanted);
    return wanted.map((one) => one.data ?? fail(one, unreachable));
  }

  /** Asks node after node for what is missing; returns why one could not be asked. */
  async function ask(contract: Hex, wanted: readonly Wanted[]): Promise<unknown> {
    const deployer = fromHex(contract);
    let unreachable: unknown;
    for (const node of nodes.preferred()) {
      const missing = wanted.filter(({ data }) => data === undefined);
      if (missing.length === 0) break;
      try {
        const checked = await node.rpc.chunks(contract, missing.map(addressOf));
        missing.forEach((one, i) => (one.data = checked[i]));
        const unchecked = missing.filter(({ data }) => data === undefined);
        if (unchecked.length === 0) break;
        const codes = await node.rpc.codes(unchecked.map(addressOf));
        unchecked.forEach((one, i) => take(one, node, deployer, codes[i] ?? Buffer.alloc(0)));
      } catch (error) {
        unreachable ??= error;
      }
    }
    return unreachable;
  }

  /** Throws if what no node had right is the announcement's fault, or cannot be known just now; false where nothing is proven. */
  async function settle(contract: Hex, one: Wanted, since: Since | undefined): Promise<boolean> {
    const { address, wrong } = one;
    requireNoLie(contract, address);
    if (wrong.length === 0 && since === undefined) return true;
    const found = await prover.prove(address);
    if (found === undefined) return false;
    if (found === 'elsewhere') {
      const message = `The nodes change to another branch of the chain while the code at ${address} is looked for.`;
      throw new LedgerError('unavailable', message, { retryable: true });
    }
    const { code, block } = found;
    one.data = layout.chunkAt(fromHex(contract), fromHex(address), code);
    if (one.data !== undefined) return true;
    // Nobody can take a chunk away, but it may be younger than the block, or have been announced on another branch of the chain.
    const isGone = code.length === 0;
    if (isGone && (since === undefined || since.block > block || since.branch !== position.branch)) return true;
    const lie = `The ${code.length} bytes of code at ${address} are no chunk of ${contract}, as block ${block} proves: whoever announced them lied.`;
    // Where there is nothing on this branch of the chain, a chunk may come on another.
    if (!isGone) lies.set(contract + address, lie);
    throw new LedgerError('corrupt', lie);
  }

  /** Distrusts those who gave what no other did: lies differ. */
  function blame(wanted: readonly Wanted[]): void {
    const liars = new Map<LedgerNode, Hex>();
    for (const one of wanted)
      for (const { node, code } of one.wrong) if (!isShared(one, code)) liars.set(node, liars.get(node) ?? one.address);
    for (const [node, address] of liars) nodes.distrust(node, `the code at ${address}`);
  }

  return {
    read: async (contract, addresses, since) => {
      const chunks: Buffer[] = [];
      for (let from = 0; from < addresses.length; from += CHUNKS_AT_ONCE)
        chunks.push(...(await readSome(contract, addresses.slice(from, from + CHUNKS_AT_ONCE), since)));
      return chunks;
    },
  };
}

const addressOf = ({ address }: Wanted): Hex => address;

function take(one: Wanted, node: LedgerNode, deployer: Buffer, code: Buffer): void {
  if (code.length === 0) return;
  const data = layout.chunkAt(deployer, fromHex(one.address), code);
  if (data === undefined) one.wrong.push({ node, code });
  else one.data = data;
}

/** Whether two nodes gave this. */
function isShared({ wrong }: Wanted, code: Buffer): boolean {
  return wrong.filter((given) => given.code.equals(code)).length > 1;
}

function fail(one: Wanted, unreachable: unknown): never {
  const { address, wrong } = one;
  const [first] = wrong;
  const isOnChain = first !== undefined && isShared(one, first.code);
  if (first !== undefined && (isOnChain || unreachable === undefined))
    throw new LedgerError('corrupt', `The ${first.code.length} bytes at ${address} are not those that belong there.`, {
      retryable: !isOnChain,
    });
  if (unreachable instanceof LedgerError && first === undefined) throw unreachable;
  const message = `No node that answers has the code at ${address}: it is behind, or has lost it.`;
  throw new LedgerError('unavailable', message, { retryable: true, cause: unreachable });
}
