import { describe, expect, it } from '@jest/globals';
import { MerklePatriciaTrie } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { deriveRoot } from './derive-root.js';

describe('deriveRoot', () => {
  it.each([0, 1, 2, 15, 16, 17, 127, 128, 129, 256, 300])('is the root of the trie of %i values', async (count) => {
    const values = Array.from({ length: count }, (_, index) => Buffer.alloc(1 + ((index * 7) % 90), index + 1));
    const trie = new MerklePatriciaTrie();
    for (const [index, value] of values.entries()) await trie.put(RLP.encode(index), value);
    expect(deriveRoot(values).toString('hex')).toBe(Buffer.from(trie.root()).toString('hex'));
  });
});
