import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { merkleRoot } from './merkle-root.js';

/** RFC 6962 §2.1, word for word. */
function treeHash(leaves: Buffer[]): Buffer {
  const hash = (...parts: Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();
  if (leaves.length === 0) return hash();
  if (leaves.length === 1) return hash(Buffer.from([0]), leaves[0]!);
  let k = 1;
  while (2 * k < leaves.length) k *= 2;
  return hash(Buffer.from([1]), treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)));
}

describe('merkleRoot', () => {
  it('is the Merkle Tree Hash of RFC 6962, for every number of leaves up to 70', () => {
    const tree = merkleRoot();
    const leaves: Buffer[] = [];
    for (let count = 0; count <= 70; count++) {
      expect(tree.root()).toEqual(treeHash(leaves));
      const leaf = createHash('sha256').update(String(count)).digest();
      tree.add(leaf);
      leaves.push(leaf);
    }
  });

  it('has the roots of the test vectors of certificate-transparency (merkletree/merkle_tree_test.cc)', () => {
    const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
    const tree = merkleRoot();
    for (const hex of inputs) tree.add(Buffer.from(hex, 'hex'));
    expect(tree.root().toString('hex')).toBe('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328');
  });
});
