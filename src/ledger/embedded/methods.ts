import { findLogs, parseLogFilter } from './logs.js';
import { parseCall, type Caller } from './call.js';
import { toHex, quantity } from '../ethereum/hex.js';
import { formatBlock, formatReceipt, formatTransaction, parseBytes, parseQuantity } from './format.js';
import { blockHeaderFields } from './block-header.js';
import { LIMITS } from './limits.js';
import type { ChainNode } from './node.js';
import { readAccount, readCodes, readProof, readSlot } from './chain-state.js';
import { invalidParams, refused, RpcError } from './rpc-error.js';
import type { StoredBlock } from './block-record.js';
import { storedTransaction } from './transaction.js';

type Method = (parameters: readonly unknown[]) => Promise<unknown>;

/** The JSON-RPC methods of the chain. Each answers what a node of its own would. */
export function createMethods(node: ChainNode, caller: Caller): Record<string, Method> {
  const { rules, store, pool } = node;

  const byNumber = (tag: unknown): StoredBlock | undefined => {
    if (tag === undefined || tag === null || isHead(tag)) return node.head;
    if (tag === 'earliest') return store.block(0);
    const number = parseQuantity(tag);
    return number > node.head.number ? undefined : store.block(Number(number));
  };
  /** A block is on disk a moment before it is the head; nothing is answered of it until then. */
  const isKnown = (number: number | undefined): number is number => number !== undefined && number <= node.head.number;
  const byHash = (hash: unknown): StoredBlock | undefined => {
    const number = store.blockNumber(parseBytes(hash, 32));
    return isKnown(number) ? store.block(number) : undefined;
  };
  /** A block parameter: a tag, a number, or EIP-1898's object. */
  const blockAt = (value: unknown): StoredBlock => {
    const { blockHash, blockNumber } = (typeof value === 'object' && value !== null ? value : {}) as Record<
      string,
      unknown
    >;
    const block =
      blockHash === undefined
        ? byNumber(blockNumber ?? (typeof value === 'object' ? undefined : value))
        : byHash(blockHash);
    if (block === undefined) throw refused('header not found');
    return block;
  };
  const rootAt = (value: unknown): Uint8Array => blockHeaderFields(blockAt(value).header).stateRoot;

  const transactionAt = (block: StoredBlock, index: number): object =>
    formatTransaction(
      storedTransaction(rules, store.transaction(block.number, index)!),
      store.receipts(block.number)[index]!.from,
      { block, index },
    );
  const wholeBlock = (block: StoredBlock | undefined, whole: unknown): unknown => {
    if (block === undefined) return null;
    if (whole !== true) return formatBlock(block, undefined);
    return formatBlock(
      block,
      block.transactionHashes.map((_, index) => transactionAt(block, index)),
    );
  };
  const placeOf = (hash: unknown): { block: StoredBlock; index: number } | undefined => {
    const place = store.transactionPlace(parseBytes(hash, 32));
    return isKnown(place?.number) ? { block: store.block(place.number)!, index: place.index } : undefined;
  };

  return {
    eth_chainId: async () => quantity(rules.chainId()),
    net_version: async () => rules.chainId().toString(),
    web3_clientVersion: async () => 'dicom-ledger/embedded',
    eth_syncing: async () => false,
    eth_blockNumber: async () => quantity(node.head.number),
    eth_gasPrice: async () => quantity(LIMITS.gasPrice),
    eth_getBlockByNumber: async ([tag, whole]) => wholeBlock(byNumber(tag), whole),
    eth_getBlockByHash: async ([hash, whole]) => wholeBlock(byHash(hash), whole),
    eth_getBlockTransactionCountByNumber: async ([tag]) => {
      const block = byNumber(tag);
      return block === undefined ? null : quantity(block.transactionHashes.length);
    },
    eth_getBalance: async ([address, tag]) =>
      quantity((await readAccount(node, rootAt(tag), parseBytes(address, 20)))?.balance ?? 0n),
    eth_getTransactionCount: async ([address, tag]) => {
      const sender = parseBytes(address, 20);
      const nonce = (await readAccount(node, rootAt(tag), sender))?.nonce ?? 0n;
      return quantity(tag === 'pending' ? pool.nextNonce(toHex(sender), nonce) : nonce);
    },
    eth_getCode: async ([address, tag]) => toHex((await readCodes(node, rootAt(tag), [parseBytes(address, 20)]))[0]!),
    eth_getStorageAt: async ([address, slot, tag]) =>
      toHex(await readSlot(node, rootAt(tag), { address: parseBytes(address, 20), slot: parseSlot(slot) })),
    eth_getProof: async ([address, slots, tag]) => {
      if (!Array.isArray(slots)) throw invalidParams('invalid argument 1: want a list of storage keys');
      return readProof(node, rootAt(tag), { address: parseBytes(address, 20), slots: slots.map(parseSlot) });
    },
    eth_call: async ([request, tag]) => toHex(await caller.call(parseCall(request), blockAt(tag))),
    eth_estimateGas: async ([request, tag]) => quantity(await caller.estimateGas(parseCall(request), blockAt(tag))),
    eth_sendRawTransaction: async ([raw]) =>
      toHex(await node.submit(raw instanceof Uint8Array ? raw : parseBytes(raw))),
    eth_getTransactionByHash: async ([hash]) => {
      const place = placeOf(hash);
      if (place !== undefined) return transactionAt(place.block, place.index);
      const waiting = pool.get(parseBytes(hash, 32));
      return waiting === undefined ? null : formatTransaction(waiting.tx, waiting.from.bytes, undefined);
    },
    eth_getTransactionReceipt: async ([hash]) => {
      const place = placeOf(hash);
      return place === undefined ? null : formatReceipt(rules, store.receipts(place.block.number), place);
    },
    eth_getLogs: async ([value]) => {
      const filter = (value ?? {}) as Record<string, unknown>;
      const wanted = parseLogFilter(filter);
      if (filter.blockHash !== undefined) {
        const block = byHash(filter.blockHash);
        if (block === undefined) throw refused('unknown block');
        return findLogs(node, { from: block.number, to: block.number, filter: wanted });
      }
      const from = boundary(filter.fromBlock, node.head.number);
      const to = boundary(filter.toBlock, node.head.number);
      if (from > to) throw refused('invalid block range params');
      return findLogs(node, { from, to: Math.min(to, node.head.number), filter: wanted });
    },
  };
}

/** Answers one request; throws -32601 for a method that is not there. */
export async function answer(
  methods: Record<string, Method>,
  method: string,
  parameters: readonly unknown[],
): Promise<unknown> {
  const found = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (found === undefined) throw new RpcError(-32601, `the method ${method} does not exist/is not available`);
  return found(parameters);
}

/** There is one site and one head: nothing is ahead of it, and nothing it has can be lost. */
const isHead = (tag: unknown): boolean => ['latest', 'pending', 'safe', 'finalized'].includes(tag as string);

function boundary(tag: unknown, head: number): number {
  if (tag === undefined || tag === null || isHead(tag)) return head;
  return tag === 'earliest' ? 0 : Number(parseQuantity(tag));
}

/** A storage key: 32 bytes, or a quantity without its leading zeros. */
function parseSlot(value: unknown): Uint8Array {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{0,64}$/.test(value))
    throw invalidParams(`unable to decode storage key: ${String(value).slice(0, 100)}`);
  return Buffer.from(value.slice(2).padStart(64, '0'), 'hex');
}
