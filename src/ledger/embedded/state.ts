import type { MerklePatriciaTrie } from '@ethereumjs/mpt';
import { OriginalStorageCache } from '@ethereumjs/statemanager';
import { RLP } from '@ethereumjs/rlp';
import { Account, equalsBytes, KECCAK256_NULL, KECCAK256_RLP, type Address } from '@ethereumjs/util';
import type { AccountFields, Common, StateManagerInterface } from '@ethereumjs/common';
import { LRUCache } from 'lru-cache';
import { keccak256 } from '../ethereum/keccak256.js';
import { readAccount } from './chain-state.js';
import { reachableNodes } from './reachable-nodes.js';
import { KEPT_CODE_BYTES } from './limits.js';
import type { Store } from './store.js';
import { createTrie } from './trie.js';

/** What a block changes, ready for the disk. */
export interface StateChange {
  root: Uint8Array;
  nodes: Map<string, Uint8Array>;
  /** In hex, of the changed accounts that have code. */
  codeHashes: Set<string>;
  /** RLP of the changed accounts, by address in hex; undefined for those that are no more. */
  accounts: Map<string, Uint8Array | undefined>;
}

const EMPTY_BYTES = new Uint8Array();
const ABSENT = Symbol('absent');

/**
 * Accounts, storage and code at one root, with changes on top, as the EVM wants them. Changes stay in memory, with an undo
 * list, until `commitBlock` puts each changed account and slot into the tries once.
 */
export class State implements StateManagerInterface {
  readonly originalStorageCache = new OriginalStorageCache((address, key) => this.getStorage(address, key));
  readonly #nodes = new Map<string, Uint8Array>();
  readonly #trie: MerklePatriciaTrie;
  readonly #accounts = new Map<string, Account | undefined>();
  readonly #slots = new Map<string, Map<string, Uint8Array>>();
  readonly #codes = new Map<string, Uint8Array>();
  #newCodes: { hash: Uint8Array; code: Uint8Array }[] = [];
  readonly #knownAccounts = new LRUCache<string, Account | typeof ABSENT>({ max: 5_000 });
  readonly #knownSlots = new LRUCache<string, Uint8Array>({ max: 10_000 });
  readonly #knownCodes = new LRUCache<string, Uint8Array>({
    maxSize: KEPT_CODE_BYTES,
    sizeCalculation: (code) => code.length + 1,
  });
  #undo: (() => void)[] = [];
  #checkpoints: number[] = [];

  constructor(
    readonly common: Common,
    readonly store: Store,
    root: Uint8Array = KECCAK256_RLP,
  ) {
    this.#trie = this.#openTrie(root);
  }

  get root(): Uint8Array {
    return this.#trie.root();
  }

  async getAccount(address: Address): Promise<Account | undefined> {
    const name = hex(address.bytes);
    if (this.#accounts.has(name)) return copy(this.#accounts.get(name));
    let known = this.#knownAccounts.get(name);
    if (known === undefined) {
      known = (await this.#readAccount(address.bytes)) ?? ABSENT;
      this.#knownAccounts.set(name, known);
    }
    return known === ABSENT ? undefined : copy(known);
  }

  async putAccount(address: Address, account?: Account): Promise<void> {
    this.#change(this.#accounts, hex(address.bytes), copy(account));
  }

  async deleteAccount(address: Address): Promise<void> {
    this.#change(this.#accounts, hex(address.bytes), undefined);
    this.#change(this.#slots, hex(address.bytes), new Map());
  }

  async modifyAccountFields(address: Address, fields: AccountFields): Promise<void> {
    const account = (await this.getAccount(address)) ?? new Account();
    Object.assign(account, fields);
    await this.putAccount(address, account);
  }

  async putCode(address: Address, code: Uint8Array): Promise<void> {
    const codeHash = code.length === 0 ? KECCAK256_NULL : keccak256(code);
    if (code.length > 0) {
      this.#codes.set(hex(codeHash), code);
      this.#newCodes.push({ hash: codeHash, code });
    }
    await this.modifyAccountFields(address, { codeHash });
  }

  async getCode(address: Address): Promise<Uint8Array> {
    const account = await this.getAccount(address);
    return account === undefined ? EMPTY_BYTES : this.#codeOf(account);
  }

  async getCodeSize(address: Address): Promise<number> {
    const account = await this.getAccount(address);
    if (account === undefined || !account.isContract()) return 0;
    const name = hex(account.codeHash);
    const code = this.#codes.get(name) ?? this.#knownCodes.get(name);
    return code?.length ?? this.store.codeByteCount(account.codeHash) ?? 0;
  }

  async getStorage(address: Address, key: Uint8Array): Promise<Uint8Array> {
    const slot = hex(key);
    const changed = this.#slots.get(hex(address.bytes))?.get(slot);
    if (changed !== undefined) return changed;
    const account = await this.getAccount(address);
    if (account === undefined || equalsBytes(account.storageRoot, KECCAK256_RLP)) return EMPTY_BYTES;
    const name = `${hex(account.storageRoot)}${slot}`;
    let known = this.#knownSlots.get(name);
    if (known === undefined) {
      const rlp = await this.#openTrie(account.storageRoot).get(key);
      known = rlp === null ? EMPTY_BYTES : (RLP.decode(rlp) as Uint8Array);
      this.#knownSlots.set(name, known);
    }
    return known;
  }

  async putStorage(address: Address, key: Uint8Array, value: Uint8Array): Promise<void> {
    const name = hex(address.bytes);
    let slots = this.#slots.get(name);
    if (slots === undefined) this.#change(this.#slots, name, (slots = new Map<string, Uint8Array>()));
    const zeros = value.findIndex((byte) => byte !== 0);
    this.#change(slots, hex(key), zeros < 0 ? EMPTY_BYTES : value.slice(zeros));
  }

  async clearStorage(address: Address): Promise<void> {
    const account = await this.getAccount(address);
    if (this.#slots.has(hex(address.bytes))) this.#change(this.#slots, hex(address.bytes), new Map());
    if (account === undefined || equalsBytes(account.storageRoot, KECCAK256_RLP)) return;
    account.storageRoot = KECCAK256_RLP;
    await this.putAccount(address, account);
  }

  async checkpoint(): Promise<void> {
    this.#checkpoints.push(this.#undo.length);
  }

  async commit(): Promise<void> {
    this.#checkpoints.pop();
    if (this.#checkpoints.length === 0) this.#undo = [];
  }

  async revert(): Promise<void> {
    const length = this.#checkpoints.pop() ?? 0;
    while (this.#undo.length > length) this.#undo.pop()!();
  }

  async getStateRoot(): Promise<Uint8Array> {
    return this.root;
  }

  /** Moves to another root; changes that were not committed are given up. */
  async setStateRoot(root: Uint8Array): Promise<void> {
    this.discard();
    if (equalsBytes(root, this.root)) return;
    this.#trie.root(root);
    this.#knownAccounts.clear();
  }

  async hasStateRoot(root: Uint8Array): Promise<boolean> {
    return this.#trie.checkRoot(root);
  }

  clearCaches(): void {
    this.#knownAccounts.clear();
    this.#knownSlots.clear();
    this.#knownCodes.clear();
  }

  shallowCopy(): State {
    return new State(this.common, this.store, this.root);
  }

  /** The codes put since the last call, reverted ones with them. */
  takeNewCodes(): { hash: Uint8Array; code: Uint8Array }[] {
    const codes = this.#newCodes;
    this.#newCodes = [];
    return codes;
  }

  /** Gives up all changes since the last `commitBlock`. */
  discard(): void {
    this.#undo = [];
    this.#checkpoints = [];
    this.#accounts.clear();
    this.#slots.clear();
    this.#nodes.clear();
    this.#codes.clear();
    this.#newCodes = [];
    this.originalStorageCache.clear();
  }

  /** Puts all changes into the tries and moves to the new root. The nodes are for the caller to keep. */
  async commitBlock(): Promise<StateChange> {
    const storageRoots = await this.#commitStorage();
    const accounts = new Map<string, Uint8Array | undefined>();
    for (const [name, account] of this.#accounts) {
      const address = Buffer.from(name, 'hex');
      const rlp = account?.serialize();
      if (rlp === undefined) await this.#trie.del(address);
      else await this.#trie.put(address, rlp);
      accounts.set(name, rlp);
      this.#knownAccounts.set(name, account ?? ABSENT);
    }
    const codeHashes = new Set<string>();
    for (const account of this.#accounts.values())
      if (account?.isContract() === true) codeHashes.add(hex(account.codeHash));
    for (const [name, code] of this.#codes) if (codeHashes.has(name)) this.#knownCodes.set(name, code);
    const nodes = reachableNodes(this.#nodes, [this.root, ...storageRoots]);
    this.discard();
    return { root: this.root, nodes, codeHashes, accounts };
  }

  async #commitStorage(): Promise<Uint8Array[]> {
    const roots: Uint8Array[] = [];
    for (const [name, slots] of this.#slots) {
      const account = this.#accounts.get(name) ?? (await this.#readAccount(Buffer.from(name, 'hex')));
      if (account === undefined || slots.size === 0) continue;
      const trie = this.#openTrie(account.storageRoot);
      for (const [slot, value] of slots) {
        const key = Buffer.from(slot, 'hex');
        if (value.length === 0) await trie.del(key);
        else await trie.put(key, RLP.encode(value));
      }
      for (const [slot, value] of slots) this.#knownSlots.set(`${hex(trie.root())}${slot}`, value);
      account.storageRoot = trie.root();
      this.#accounts.set(name, account);
      roots.push(trie.root());
    }
    return roots;
  }

  #readAccount(address: Uint8Array): Promise<Account | undefined> {
    return readAccount({ rules: this.common, store: this.store }, this.root, address);
  }

  #codeOf(account: Account): Uint8Array {
    if (!account.isContract()) return EMPTY_BYTES;
    const name = hex(account.codeHash);
    let code = this.#codes.get(name) ?? this.#knownCodes.get(name);
    if (code === undefined) {
      code = this.store.codes([account.codeHash])[0] ?? EMPTY_BYTES;
      this.#knownCodes.set(name, code);
    }
    return code;
  }

  #change<V>(map: Map<string, V>, name: string, value: V): void {
    const before = map.get(name);
    const had = map.has(name);
    this.#undo.push(() => {
      if (had) map.set(name, before as V);
      else map.delete(name);
    });
    map.set(name, value);
  }

  #openTrie(root: Uint8Array): MerklePatriciaTrie {
    return createTrie(this.common, this.store, root, this.#nodes);
  }
}

function copy(account: Account | undefined): Account | undefined {
  return account && new Account(account.nonce, account.balance, account.storageRoot, account.codeHash);
}

const hex = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
