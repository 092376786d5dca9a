import { verifyMerkleProof } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { keccak256 } from './keccak256.js';

const NO_CODE = keccak256();

/**
 * The hash of the code at an address in the state of that root, by an account's proof (EIP-1186: the trie's nodes from the root on).
 * That of nothing for an account without code, and for one that is proven not to be there. Throws for what is no proof.
 */
export async function provenCodeHash(stateRoot: Buffer, address: Buffer, proof: readonly Buffer[]): Promise<Buffer> {
  const account = await verifyMerkleProof(address, [...proof], {
    root: stateRoot,
    useKeyHashing: true,
    useKeyHashingFunction: keccak256,
  });
  if (account === null) return NO_CODE;
  const [, , , codeHash] = RLP.decode(account) as Uint8Array[];
  if (codeHash?.length !== NO_CODE.length) throw new Error('The proof ends in what is no account.');
  return Buffer.from(codeHash);
}
