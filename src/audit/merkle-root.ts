import { createHash } from 'node:crypto';

/** A Merkle tree that takes one leaf after the other and keeps a hash for each of its levels. */
export interface MerkleRoot {
  add(leaf: Uint8Array): void;
  /** 32 bytes. Of no leaves: the hash of nothing. */
  root(): Buffer;
}

const hashOf = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

/** The Merkle Tree Hash of RFC 6962 §2.1, with SHA-256. */
export function merkleRoot(): MerkleRoot {
  /** Roots of the whole subtrees so far, the largest first; the bits of the number of leaves say how large each is. */
  const whole: Buffer[] = [];
  let count = 0;
  return {
    add: (leaf) => {
      let hash = hashOf(LEAF, leaf);
      for (let rest = count; rest % 2 === 1; rest = Math.floor(rest / 2)) hash = hashOf(NODE, whole.pop()!, hash);
      whole.push(hash);
      count++;
    },
    root: () => {
      const last = whole.at(-1);
      if (last === undefined) return hashOf();
      return whole.slice(0, -1).reduceRight((right, left) => hashOf(NODE, left, right), last);
    },
  };
}
