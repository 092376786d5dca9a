import type { Common } from '@ethereumjs/common';
import type { LegacyTx } from '@ethereumjs/tx';
import { Bloom } from '@ethereumjs/vm';
import type { Hex } from '../ethereum/hex.js';
import { blockHeaderFields } from './block-header.js';
import { invalidParams } from './rpc-error.js';
import type { StoredLog, StoredReceipt } from './stored-receipt.js';
import type { StoredBlock } from './store.js';

export function hexBytes(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`;
}

/** Without leading zeros (Ethereum JSON-RPC, "quantities"). */
export function hexQuantity(value: number | bigint | Uint8Array): Hex {
  if (!(value instanceof Uint8Array)) return `0x${value.toString(16)}`;
  const digits = Buffer.from(value).toString('hex').replace(/^0+/, '');
  return `0x${digits === '' ? '0' : digits}`;
}

/** Bytes of a hex parameter; throws -32602 when it is none, or not of `byteCount` bytes. */
export function parseBytes(value: unknown, byteCount?: number): Buffer {
  if (typeof value !== 'string' || !/^0x([0-9a-fA-F]{2})*$/.test(value))
    throw invalidParams(`invalid argument: ${String(value).slice(0, 100)} is not hex with 0x and whole bytes`);
  const bytes = Buffer.from(value.slice(2), 'hex');
  if (byteCount !== undefined && bytes.length !== byteCount)
    throw invalidParams(`invalid argument: hex of ${bytes.length} bytes, want ${byteCount}`);
  return bytes;
}

export function parseQuantity(value: unknown): bigint {
  if (typeof value === 'string' && /^0x[0-9a-fA-F]+$/.test(value)) return BigInt(value);
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw invalidParams(`invalid argument: ${String(value).slice(0, 100)} is not a hex quantity`);
}

export interface TransactionPlace {
  block: StoredBlock;
  index: number;
}

export function formatHeader(block: StoredBlock): Record<string, unknown> {
  const fields = blockHeaderFields(block.header);
  return {
    number: hexQuantity(fields.number),
    hash: hexBytes(block.hash),
    parentHash: hexBytes(fields.parentHash),
    nonce: hexBytes(fields.nonce),
    mixHash: hexBytes(fields.mixHash),
    sha3Uncles: hexBytes(fields.uncleHash),
    logsBloom: hexBytes(fields.logsBloom),
    transactionsRoot: hexBytes(fields.transactionsTrie),
    stateRoot: hexBytes(fields.stateRoot),
    receiptsRoot: hexBytes(fields.receiptTrie),
    miner: hexBytes(fields.coinbase),
    difficulty: hexQuantity(fields.difficulty),
    extraData: hexBytes(fields.extraData),
    gasLimit: hexQuantity(fields.gasLimit),
    gasUsed: hexQuantity(fields.gasUsed),
    timestamp: hexQuantity(fields.timestamp),
  };
}

/** A block with its transactions as hashes or as given. */
export function formatBlock(block: StoredBlock, transactions: unknown[] | undefined): Record<string, unknown> {
  return {
    ...formatHeader(block),
    totalDifficulty: hexQuantity(2 * block.number),
    size: hexQuantity(block.header.length + block.transactionBytes),
    transactions: transactions ?? block.transactionHashes.map(hexBytes),
    uncles: [],
  };
}

/** A transaction; `place` is undefined while it waits for a block. */
export function formatTransaction(tx: LegacyTx, from: Uint8Array, place: TransactionPlace | undefined): object {
  return {
    blockHash: place === undefined ? null : hexBytes(place.block.hash),
    blockNumber: place === undefined ? null : hexQuantity(place.block.number),
    from: hexBytes(from),
    gas: hexQuantity(tx.gasLimit),
    gasPrice: hexQuantity(tx.gasPrice),
    hash: hexBytes(tx.hash()),
    input: hexBytes(tx.data),
    nonce: hexQuantity(tx.nonce),
    to: tx.to === undefined ? null : hexBytes(tx.to.bytes),
    transactionIndex: place === undefined ? null : hexQuantity(place.index),
    value: hexQuantity(tx.value),
    type: '0x0',
    chainId: hexQuantity(tx.common.chainId()),
    v: hexQuantity(tx.v!),
    r: hexQuantity(tx.r!),
    s: hexQuantity(tx.s!),
  };
}

export function formatLog(log: StoredLog, { block, index }: TransactionPlace, logIndex: number): object {
  return {
    address: hexBytes(log.address),
    topics: log.topics.map(hexBytes),
    data: hexBytes(log.data),
    blockNumber: hexQuantity(block.number),
    transactionHash: hexBytes(block.transactionHashes[index]!),
    transactionIndex: hexQuantity(index),
    blockHash: hexBytes(block.hash),
    logIndex: hexQuantity(logIndex),
    removed: false,
  };
}

/** The receipt at `place` of the block's `receipts`. */
export function formatReceipt(rules: Common, receipts: readonly StoredReceipt[], place: TransactionPlace): object {
  const { block, index } = place;
  const receipt = receipts[index]!;
  const firstLog = receipts.slice(0, index).reduce((sum, { logs }) => sum + logs.length, 0);
  return {
    blockHash: hexBytes(block.hash),
    blockNumber: hexQuantity(block.number),
    contractAddress: receipt.contractAddress.length === 0 ? null : hexBytes(receipt.contractAddress),
    cumulativeGasUsed: hexQuantity(receipt.cumulativeGasUsed),
    effectiveGasPrice: hexQuantity(receipt.gasPrice),
    from: hexBytes(receipt.from),
    gasUsed: hexQuantity(receipt.gasUsed),
    logs: receipt.logs.map((log, offset) => formatLog(log, place, firstLog + offset)),
    logsBloom: hexBytes(logsBloom(rules, receipt)),
    status: receipt.succeeded ? '0x1' : '0x0',
    to: receipt.to.length === 0 ? null : hexBytes(receipt.to),
    transactionHash: hexBytes(block.transactionHashes[index]!),
    transactionIndex: hexQuantity(index),
    type: '0x0',
  };
}

function logsBloom(rules: Common, { logs }: StoredReceipt): Uint8Array {
  const bloom = new Bloom(undefined, rules);
  for (const { address, topics } of logs) for (const item of [address, ...topics]) bloom.add(item);
  return bloom.bitvector;
}
