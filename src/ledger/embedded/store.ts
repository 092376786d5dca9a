import { equalsBytes } from '@ethereumjs/util';
import { ClassicLevel } from 'classic-level';
import { LRUCache } from 'lru-cache';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from '../../base/write-durably.js';
import { LedgerError } from '../../base/errors.js';
import { blockHeaderFields } from './block-header.js';
import { decodeBlockRecord, encodeBlockRecord, loadTransaction, type StoredBlock } from './block-record.js';
import { openBodyFile } from './body-file.js';
import { codeRecords, readCode, readCodeByteCount, type NewCode } from './code-record.js';
import { decodeReceipts, encodeReceipts, type StoredReceipt } from './stored-receipt.js';

/** Newest block that is wholly on disk. */
export interface Head {
  number: number;
  hash: string;
  /** Length of the part of the body file that belongs to blocks. */
  bodyBytes: number;
}

/** What the chain was begun with; it can be opened with nothing else. */
export interface Genesis {
  format: 1;
  chainId: number;
  accounts: string[];
}

export interface NewBlock extends Omit<StoredBlock, 'transactionBytes'> {
  transactions: Uint8Array[];
  receipts: StoredReceipt[];
  /** Undefined when no transaction has logged anything. */
  logsBloom: Uint8Array | undefined;
  nodes: Map<string, Uint8Array>;
  codes: NewCode[];
  /** RLP of the accounts that it changes, by address in hex; undefined for those that are no more. */
  accounts: ReadonlyMap<string, Uint8Array | undefined>;
}

/** Blocks, receipts, code and trie nodes on disk. Nothing is ever removed. */
export interface Store {
  readonly genesis: Genesis | undefined;
  readonly head: Head | undefined;
  /** Begins the chain with block 0. */
  begin(genesis: Genesis, block: NewBlock): Promise<void>;
  /** Returns when block, state and head are on disk; they get there together or not at all. */
  append(block: NewBlock): Promise<void>;

  block(number: number): StoredBlock | undefined;
  blockNumber(hash: Uint8Array): number | undefined;
  transactionPlace(hash: Uint8Array): { number: number; index: number } | undefined;
  transaction(number: number, index: number): Uint8Array | undefined;
  receipts(number: number): StoredReceipt[];
  /** Ascending numbers of the blocks that have logs, with their bloom filters. */
  blocksWithLogs(from: number, to: number): AsyncGenerator<{ number: number; logsBloom: Uint8Array }>;
  node(hash: string): Uint8Array | undefined;
  /**
   * RLP of the account in the state of that root, null where there is none: one lookup in place of a way through the trie.
   * Undefined when only the trie knows: for other states than the head's, and in folders that a release without this has written to.
   */
  account(stateRoot: Uint8Array, address: Uint8Array): Uint8Array | null | undefined;
  /** One after the other in one buffer of their own; undefined for those that are not there. */
  codes(hashes: readonly Uint8Array[]): (Uint8Array<ArrayBuffer> | undefined)[];
  codeByteCount(hash: Uint8Array): number | undefined;
  close(): Promise<void>;
}

const MiB = 2 ** 20;
const NODE_CACHE_BYTES = 16 * MiB;
/** Of a trie node beside its bytes: its hash as text, two objects of V8 and the entry, as heap snapshots have them. */
const NODE_EXTRA_BYTES = 450;
const BINARY = { keyEncoding: 'view', valueEncoding: 'view' } as const;
type Level = ClassicLevel<Uint8Array, Uint8Array>;

/** Opens or creates the folder. Throws `locked` when another process has it open. */
export async function openStore(folder: string): Promise<Store> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const level = await openLevel(path.join(folder, 'index'));
  const bodies = await openBodyFile(path.join(folder, 'bodies'));
  await syncFolder(folder);
  const nodes = new LRUCache<string, Uint8Array>({
    maxSize: NODE_CACHE_BYTES,
    sizeCalculation: (value) => value.length + NODE_EXTRA_BYTES,
  });
  const get = (key: Uint8Array): Uint8Array | undefined => level.getSync(key);
  const json = <T>(key: Uint8Array): T | undefined => {
    const bytes = get(key);
    return bytes === undefined ? undefined : (JSON.parse(Buffer.from(bytes).toString()) as T);
  };
  let genesis = json<Genesis>(DB_KEYS.genesis);
  let head = json<Head>(DB_KEYS.head);
  // Of the head's state, whose accounts are in the index; undefined when a release without it has written the head.
  let accountsRoot = head && indexedRoot(head.number);

  function indexedRoot(number: number): Uint8Array | undefined {
    const { stateRoot } = blockHeaderFields(decodeBlockRecord(number, get(DB_KEYS.block(number))!).header);
    const root = get(DB_KEYS.accountsRoot);
    return root !== undefined && equalsBytes(root, stateRoot) ? stateRoot : undefined;
  }

  const write = async (block: NewBlock, more: [Uint8Array, Uint8Array][]): Promise<void> => {
    const offset = head?.bodyBytes ?? 0;
    const codes = block.codes.filter(({ hash }) => get(DB_KEYS.code(hash)) === undefined);
    const { records, extra } = codeRecords(codes, block.transactions, offset);
    const written = [...block.transactions, ...extra];
    if (written.length > 0) await bodies.write(offset, written);

    const next: Head = {
      number: block.number,
      hash: block.hash.toString('hex'),
      bodyBytes: offset + written.reduce((sum, bytes) => sum + bytes.length, 0),
    };
    const number = numberBytes(block.number);
    const stateRoot = blockHeaderFields(block.header).stateRoot;
    const hasAccounts = head === undefined || accountsRoot !== undefined;
    const batch = [
      ...records.map(([hash, record]) => [DB_KEYS.code(hash), record] as const),
      ...[...block.nodes].map(([hash, node]) => [DB_KEYS.node(hash), node] as const),
      ...block.transactionHashes.map((hash, index) => [DB_KEYS.transaction(hash), placeBytes(number, index)] as const),
      [DB_KEYS.block(block.number), encodeBlockRecord(block, offset)] as const,
      [DB_KEYS.receipts(block.number), encodeReceipts(block.receipts)] as const,
      [DB_KEYS.number(block.hash), number] as const,
      ...(block.logsBloom === undefined ? [] : [[DB_KEYS.logs(block.number), block.logsBloom] as const]),
      ...(hasAccounts ? accountRecords(block, stateRoot) : []),
      ...more,
      [DB_KEYS.head, Buffer.from(JSON.stringify(next))] as const,
    ].map(([key, value]) =>
      value === undefined ? ({ type: 'del', key } as const) : ({ type: 'put', key, value } as const),
    );
    let newRoot = accountsRoot;
    accountsRoot = undefined; // the index is of this state or the next one while it is written
    try {
      await level.batch(batch, { ...BINARY, sync: true });
      if (hasAccounts) newRoot = stateRoot;
    } finally {
      accountsRoot = newRoot;
    }
    for (const [hash, node] of block.nodes) nodes.set(hash, node);
    head = next;
  };

  return {
    get genesis() {
      return genesis;
    },
    get head() {
      return head;
    },
    begin: async (begun, block) => {
      await write(block, [[DB_KEYS.genesis, Buffer.from(JSON.stringify(begun))]]);
      genesis = begun;
    },
    append: (block) => write(block, []),
    block: (number) => {
      const record = get(DB_KEYS.block(number));
      return record === undefined ? undefined : decodeBlockRecord(number, record);
    },
    blockNumber: (hash) => {
      const bytes = get(DB_KEYS.number(hash));
      return bytes === undefined ? undefined : Number(Buffer.from(bytes).readBigUInt64BE());
    },
    transactionPlace: (hash) => {
      const bytes = get(DB_KEYS.transaction(hash));
      if (bytes === undefined) return undefined;
      const place = Buffer.from(bytes);
      return { number: Number(place.readBigUInt64BE()), index: place.readUInt32BE(8) };
    },
    transaction: (number, index) => loadTransaction(bodies, get(DB_KEYS.block(number)), index),
    receipts: (number) => decodeReceipts(get(DB_KEYS.receipts(number))),
    blocksWithLogs: async function* (from, to) {
      for await (const [key, logsBloom] of level.iterator({
        gte: DB_KEYS.logs(from),
        lte: DB_KEYS.logs(to),
        ...BINARY,
      }))
        yield { number: Number(Buffer.from(key).readBigUInt64BE(1)), logsBloom };
    },
    node: (hash) => {
      const cached = nodes.get(hash);
      if (cached !== undefined) return cached;
      const node = get(DB_KEYS.node(hash));
      if (node !== undefined) nodes.set(hash, node);
      return node;
    },
    account: (stateRoot, address) =>
      accountsRoot !== undefined && equalsBytes(stateRoot, accountsRoot)
        ? (get(DB_KEYS.account(address)) ?? null)
        : undefined,
    codes: (hashes) => {
      const records = hashes.map((hash) => get(DB_KEYS.code(hash)));
      const byteCounts = records.map((record) => (record === undefined ? 0 : readCodeByteCount(record)));
      const bytes = new Uint8Array(byteCounts.reduce((sum, byteCount) => sum + byteCount, 0));
      let end = 0;
      return records.map((record, i) => {
        if (record === undefined) return undefined;
        const code = bytes.subarray(end, (end += byteCounts[i]!));
        readCode(bodies, record, code);
        return code;
      });
    },
    codeByteCount: (hash) => {
      const record = get(DB_KEYS.code(hash));
      return record === undefined ? undefined : readCodeByteCount(record);
    },
    close: async () => {
      await level.close();
      await bodies.close();
    },
  };
}

function accountRecords({ accounts }: NewBlock, stateRoot: Uint8Array): [Uint8Array, Uint8Array | undefined][] {
  const changed = [...accounts].map(([address, rlp]): [Uint8Array, Uint8Array | undefined] => [
    DB_KEYS.account(Buffer.from(address, 'hex')),
    rlp,
  ]);
  return [...changed, [DB_KEYS.accountsRoot, stateRoot]];
}

async function openLevel(folder: string): Promise<Level> {
  const level: Level = new ClassicLevel(folder, {
    ...BINARY,
    compression: false, // hashes do not compress
    cacheSize: 8 * MiB,
    writeBufferSize: 4 * MiB,
    maxOpenFiles: 64,
  });
  try {
    await level.open();
    return level;
  } catch (error) {
    const cause = (error as { cause?: { code?: string } }).cause;
    if (cause?.code === 'LEVEL_LOCKED')
      throw new LedgerError(
        'locked',
        `The chain in ${path.dirname(folder)} is in use by another process; stop that first.`,
        { cause: error },
      );
    throw new LedgerError(
      'misconfigured',
      `The chain in ${path.dirname(folder)} cannot be opened: ${(cause as Error | undefined)?.message ?? String(error)}.`,
      { cause: error },
    );
  }
}

/** Keys of the index: a letter, and what is looked for. Numbers are big-endian, so that they are in order. */
const DB_KEYS = {
  genesis: key('genesis'),
  head: key('head'),
  accountsRoot: key('accounts-root'),
  block: (number: number) => key('b', numberBytes(number)),
  receipts: (number: number) => key('r', numberBytes(number)),
  logs: (number: number) => key('l', numberBytes(number)),
  number: (hash: Uint8Array) => key('#', hash),
  transaction: (hash: Uint8Array) => key('t', hash),
  node: (hash: string) => key('n', Buffer.from(hash, 'hex')),
  code: (hash: Uint8Array) => key('c', hash),
  account: (address: Uint8Array) => key('a', address),
};

function key(kind: string, ...parts: Uint8Array[]): Uint8Array {
  return Buffer.concat([Buffer.from(kind), ...parts]);
}

function numberBytes(number: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(number));
  return bytes;
}

/** Of a transaction: its block's number and its index there. */
function placeBytes(number: Uint8Array, index: number): Buffer {
  const bytes = Buffer.alloc(12);
  bytes.set(number);
  bytes.writeUInt32BE(index, 8);
  return bytes;
}
