import { Account, Address } from '@ethereumjs/util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ClassicLevel } from 'classic-level';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { sealHeader } from './block-header.js';
import { chainRules } from './chain-rules.js';
import { State } from './state.js';
import { openStore, type Store } from './store.js';
import * as test from '../testing/embedded-chain.js';
import { createTrie } from './trie.js';

const rules = chainRules(1);
const binary = { keyEncoding: 'view', valueEncoding: 'view' } as const;

function addressNumber(number: number): Address {
  return new Address(createHash('sha256').update(String(number)).digest().subarray(0, 20));
}

const all = Array.from({ length: 300 }, (_, number) => addressNumber(number));

describe('The index of accounts', () => {
  let folder: string;
  let store: Store;
  beforeEach(async () => {
    folder = test.newFolder();
    store = await openStore(folder);
  });
  afterEach(async () => {
    await store.close();
    test.removeFolder(folder);
  });

  /** Makes a block that changes these accounts, to that nonce or to nothing; returns its state's root. */
  async function append(changes: [Address, bigint | undefined][]): Promise<Uint8Array> {
    const state = new State(rules, store, store.head && stateRootOf(store));
    for (const [address, nonce] of changes)
      if (nonce === undefined) await state.deleteAccount(address);
      else await state.putAccount(address, new Account(nonce, 1n));
    const { root, nodes, accounts } = await state.commitBlock();
    const number = (store.head?.number ?? -1) + 1;
    const header = sealHeader(rules, { number, stateRoot: root });
    const block = { number, hash: Buffer.from(header.hash()), header: header.serialize(), nodes, accounts };
    const nothing = { transactions: [], transactionHashes: [], receipts: [], logsBloom: undefined, codes: [] };
    if (number === 0) await store.begin({ format: 1, chainId: 1, accounts: [] }, { ...block, ...nothing });
    else await store.append({ ...block, ...nothing });
    roots.set(number, root);
    return root;
  }

  const roots = new Map<number, Uint8Array>();
  const stateRootOf = ({ head }: Store): Uint8Array => roots.get(head!.number)!;

  async function expectAllAsInTrie(root: Uint8Array): Promise<void> {
    const trie = createTrie(rules, store, root);
    for (const address of all) {
      const rlp = await trie.get(address.bytes);
      expect(hexOf(store.account(root, address.bytes))).toBe(hexOf(rlp));
    }
  }

  it('knows of each account what the trie of the head knows, also after a restart, and nothing of other states', async () => {
    const first = await append(all.slice(0, 200).map((address) => [address, 1n]));
    await expectAllAsInTrie(first);
    const second = await append([
      ...all.slice(0, 50).map((address): [Address, bigint] => [address, 2n]),
      ...all.slice(50, 90).map((address): [Address, undefined] => [address, undefined]),
      ...all.slice(200, 250).map((address): [Address, bigint] => [address, 1n]),
    ]);
    await expectAllAsInTrie(second);
    expect(store.account(first, all[0]!.bytes)).toBeUndefined();

    await store.close();
    store = await openStore(folder);
    await expectAllAsInTrie(second);
    await expectAllAsInTrie(await append([[all[60]!, 7n]]));
  });

  it('gives no account of a block before that is the head', async () => {
    const root = await append(all.map((address) => [address, 1n]));
    const before = hexOf(store.account(root, all[0]!.bytes));
    for (let round = 0; round < 20; round++) {
      const old = stateRootOf(store);
      const known = hexOf(store.account(old, all[0]!.bytes));
      let isDone = false;
      const appended = append(all.map((address) => [address, BigInt(round + 2)])).then(() => (isDone = true));
      while (!isDone) {
        expect([known, undefined]).toContain(hexOf(store.account(old, all[0]!.bytes)));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await appended;
    }
    expect(hexOf(store.account(stateRootOf(store), all[0]!.bytes))).not.toBe(before);
  });

  it('is not asked again once a release without it has made a block', async () => {
    await append([[all[0]!, 1n]]);
    const before = await indexOfAccounts();
    await append([[all[0]!, 2n]]);
    await indexOfAccounts(before);
    expect(store.account(stateRootOf(store), all[0]!.bytes)).toBeUndefined();
    expect(store.account(await append([[all[1]!, 1n]]), all[0]!.bytes)).toBeUndefined();
  });

  /** Its keys and values; or puts back those of before. */
  async function indexOfAccounts(putBack: [Uint8Array, Uint8Array][] = []): Promise<[Uint8Array, Uint8Array][]> {
    await store.close();
    const level = new ClassicLevel<Uint8Array, Uint8Array>(path.join(folder, 'index'), binary);
    await level.batch(putBack.map(([key, value]) => ({ type: 'put', key, value })));
    const entries = await level.iterator({ gte: Buffer.from('a'), lt: Buffer.from('b') }).all();
    await level.close();
    store = await openStore(folder);
    return entries;
  }
});

function hexOf(bytes: Uint8Array | null | undefined): string | null | undefined {
  return bytes && Buffer.from(bytes).toString('hex');
}
