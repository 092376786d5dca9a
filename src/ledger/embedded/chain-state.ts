import type { Common } from '@ethereumjs/common';
import { createMerkleProof } from '@ethereumjs/mpt';
import { RLP } from '@ethereumjs/rlp';
import { Account, createAccountFromRLP, KECCAK256_NULL } from '@ethereumjs/util';
import { toHex, quantity } from '../ethereum/hex.js';
import type { Store } from './store.js';
import { createTrie } from './trie.js';

/** Whose state: all that is needed to read it at any root. */
export interface ChainState {
  rules: Common;
  store: Store;
}

export async function readAccount(
  { rules, store }: ChainState,
  stateRoot: Uint8Array,
  address: Uint8Array,
): Promise<Account | undefined> {
  const indexed = store.account(stateRoot, address);
  const rlp = indexed === undefined ? await createTrie(rules, store, stateRoot).get(address) : indexed;
  return rlp === null ? undefined : createAccountFromRLP(rlp);
}

/** One after the other in one buffer of their own; empty where there is none. */
export async function readCodes(
  chain: ChainState,
  stateRoot: Uint8Array,
  addresses: readonly Uint8Array[],
): Promise<Uint8Array<ArrayBuffer>[]> {
  const accounts = await Promise.all(addresses.map((address) => readAccount(chain, stateRoot, address)));
  const codes = chain.store.codes(accounts.map((account) => account?.codeHash ?? KECCAK256_NULL));
  return codes.map((code) => code ?? new Uint8Array());
}

/** A slot's 32 bytes. */
export async function readSlot(
  chain: ChainState,
  stateRoot: Uint8Array,
  { address, slot }: { address: Uint8Array; slot: Uint8Array },
): Promise<Uint8Array> {
  const account = await readAccount(chain, stateRoot, address);
  const value = account && (await createTrie(chain.rules, chain.store, account.storageRoot).get(slot));
  const bytes = new Uint8Array(32);
  if (value === undefined || value === null) return bytes;
  const short = RLP.decode(value) as Uint8Array;
  bytes.set(short, 32 - short.length);
  return bytes;
}

/** EIP-1186's answer. */
export async function readProof(
  { rules, store }: ChainState,
  stateRoot: Uint8Array,
  { address, slots }: { address: Uint8Array; slots: Uint8Array[] },
): Promise<object> {
  const accounts = createTrie(rules, store, stateRoot);
  const rlp = await accounts.get(address);
  const account = rlp === null ? new Account() : createAccountFromRLP(rlp);
  const storage = createTrie(rules, store, account.storageRoot);
  const storageProof = [];
  for (const slot of slots) {
    const value = await storage.get(slot);
    storageProof.push({
      key: toHex(slot),
      value: quantity(value === null ? new Uint8Array() : (RLP.decode(value) as Uint8Array)),
      proof: (await createMerkleProof(storage, slot)).map(toHex),
    });
  }
  return {
    address: toHex(address),
    accountProof: (await createMerkleProof(accounts, address)).map(toHex),
    balance: quantity(account.balance),
    codeHash: toHex(account.codeHash),
    nonce: quantity(account.nonce),
    storageHash: toHex(account.storageRoot),
    storageProof,
  };
}
