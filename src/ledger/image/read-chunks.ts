import { LedgerError } from '../../base/errors.js';
import * as layout from '../contract/chunks.js';
import { fromHex, toHex, type Hex } from '../ethereum/hex.js';
import type { LedgerNode, Nodes } from '../nodes/node.js';

/** Chunks in one request, as many as the 34 pieces that are read at once have: 49 KB of hex each, far below what a node bounds an answer to. */
const CHUNKS_AT_ONCE = 68;

/** A chunk that is looked for: its data once a node had it, and what other nodes gave instead. */
interface Wanted {
  address: Hex;
  data: Buffer | undefined;
  wrong: { node: LedgerNode; code: Buffer }[];
}

/**
 * The data of chunks of a contract, each checked against its address; what one node lacks or has wrong is asked of the next.
 * Nodes that gave wrong bytes are distrusted, unless two gave the same: then that is what is on the chain. Rejects with
 * `unavailable` when a chunk is at no node that answers, and with `corrupt` when all answer and none has the right bytes.
 */
export async function readChunks(nodes: Nodes, contract: Hex, addresses: readonly Hex[]): Promise<Buffer[]> {
  const deployer = fromHex(contract);
  const chunks: Buffer[] = [];
  for (let from = 0; from < addresses.length; from += CHUNKS_AT_ONCE) {
    const wanted = addresses
      .slice(from, from + CHUNKS_AT_ONCE)
      .map((address) => ({ address, data: undefined, wrong: [] }));
    chunks.push(...(await readSome(nodes, deployer, wanted)));
  }
  return chunks;
}

async function readSome(nodes: Nodes, deployer: Buffer, wanted: readonly Wanted[]): Promise<Buffer[]> {
  let unreachable: unknown;
  for (const node of nodes.preferred()) {
    const missing = wanted.filter(({ data }) => data === undefined);
    if (missing.length === 0) break;
    try {
      const codes = await node.rpc.codes(missing.map(({ address }) => address));
      missing.forEach((one, i) => take(one, node, deployer, codes[i] ?? Buffer.alloc(0)));
    } catch (error) {
      unreachable ??= error;
    }
  }
  const wrong = new Set(
    wanted.flatMap((one) => one.wrong.filter(({ code }) => !isShared(one, code))).map((w) => w.node),
  );
  for (const node of wrong) {
    const one = wanted.find(({ wrong }) => wrong.some((given) => given.node === node))!;
    nodes.distrust(node, `the code at ${one.address}`);
  }
  return wanted.map((one) => one.data ?? fail(one, unreachable));
}

function take(one: Wanted, node: LedgerNode, deployer: Buffer, code: Buffer): void {
  if (code.length === 0) return;
  const data = layout.chunkData(code);
  if (data !== undefined && toHex(layout.chunkAddress(deployer, data)) === one.address) one.data = data;
  else one.wrong.push({ node, code });
}

/** Whether two nodes gave this: lies differ. */
function isShared({ wrong }: Wanted, code: Buffer): boolean {
  return wrong.filter((given) => given.code.equals(code)).length > 1;
}

function fail({ address, wrong }: Wanted, unreachable: unknown): never {
  const [first] = wrong;
  const isOnChain = first !== undefined && isShared({ address, wrong, data: undefined }, first.code);
  if (first !== undefined && (isOnChain || unreachable === undefined))
    throw new LedgerError('corrupt', `The ${first.code.length} bytes at ${address} are not those that belong there.`, {
      retryable: !isOnChain,
    });
  if (unreachable instanceof LedgerError && first === undefined) throw unreachable;
  const message = `No node that answers has the code at ${address}: it is behind, or has lost it.`;
  throw new LedgerError('unavailable', message, { retryable: true, cause: unreachable });
}
