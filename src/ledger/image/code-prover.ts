import type { BlockRef } from '../ethereum/block-ref.js';
import { encodeBlockHeader } from '../ethereum/encode-block-header.js';
import { fromHex, type Hex } from '../ethereum/hex.js';
import { keccak256 } from '../ethereum/keccak256.js';
import { provenCodeHash } from '../ethereum/proven-code-hash.js';
import type { LedgerNode, Nodes } from '../nodes/node.js';

/** What is at an address in a block of this site's walk. */
export interface ProvenCode {
  code: Buffer;
  block: bigint;
}

/** Has nodes prove what they say of an address: one is enough, since none can prove code that the block does not have. */
export interface CodeProver {
  /**
   * The code at an address at the last block of the walk, by EIP-1186. `elsewhere` when nodes are on another branch than the walk just
   * now; undefined when no node proves it: it lies, has no such proofs, or its chain hashes blocks otherwise.
   */
  prove(address: Hex): Promise<ProvenCode | 'elsewhere' | undefined>;
}

interface CodeProverDependencies {
  nodes: Pick<Nodes, 'preferred'>;
  /** The last block that the walk has come to; undefined before it begins. */
  position: { readonly lastBlock: BlockRef | undefined };
}

export function createCodeProver({ nodes, position }: CodeProverDependencies): CodeProver {
  return {
    prove: async (address) => {
      const block = position.lastBlock;
      if (block === undefined) return undefined;
      let isElsewhere = false;
      for (const node of nodes.preferred()) {
        const found = await provenAt(node, block, address).catch(() => undefined);
        if (found === 'elsewhere') isElsewhere = true;
        else if (found !== undefined) return { code: found, block: block.number };
      }
      return isElsewhere ? 'elsewhere' : undefined;
    },
  };
}

/** Undefined or a rejection where the node proves nothing. */
async function provenAt(
  { rpc }: LedgerNode,
  { number, hash }: BlockRef,
  address: Hex,
): Promise<Buffer | 'elsewhere' | undefined> {
  const [code, proof] = await Promise.all([rpc.codeAt(address, number), rpc.proof(address, number)]);
  // Asked for last: so it says of which branch code and proof were.
  const block = (await rpc.wholeBlock(number)) as { hash?: Hex; stateRoot?: Hex } | null;
  if (block?.hash !== hash) return 'elsewhere';
  if (!keccak256(encodeBlockHeader(block)).equals(fromHex(hash))) return undefined;
  const nodes = (proof as { accountProof: Hex[] }).accountProof.map(fromHex);
  const codeHash = await provenCodeHash(fromHex(block.stateRoot!), fromHex(address), nodes);
  return keccak256(code).equals(codeHash) ? code : undefined;
}
