import { MerklePatriciaTrie } from '@ethereumjs/mpt';
import type { Common } from '@ethereumjs/common';
import { ValueEncoding, type DB } from '@ethereumjs/util';
import { keccak256 } from '../ethereum/keccak256.js';
import type { Store } from './store.js';

/** A trie of accounts, or of one account's storage, at `root`. New nodes go into `nodes`, by hash in hex; nothing is pruned. */
export function createTrie(
  rules: Common,
  store: Store,
  root: Uint8Array,
  nodes = new Map<string, Uint8Array>(),
): MerklePatriciaTrie {
  return new MerklePatriciaTrie({
    db: nodeDatabase(nodes, store),
    root,
    common: rules,
    useKeyHashing: true,
    useKeyHashingFunction: keccak256,
    valueEncoding: ValueEncoding.Bytes,
  });
}

function nodeDatabase(nodes: Map<string, Uint8Array>, store: Store): DB<string, Uint8Array> {
  const database: DB<string, Uint8Array> = {
    get: async (hash) => nodes.get(hash) ?? store.node(hash),
    put: async (hash, node) => void nodes.set(hash, node),
    del: async () => {},
    batch: async (operations) => {
      for (const operation of operations) if (operation.type === 'put') nodes.set(operation.key, operation.value);
    },
    shallowCopy: () => database,
    open: async () => {},
  };
  return database;
}
