import type { Common } from '@ethereumjs/common';
import type { LegacyTx } from '@ethereumjs/tx';
import { Bloom } from '@ethereumjs/vm';
import { quantity, toHex } from '../ethereum/hex.js';
import { blockHeaderFields } from './block-header.js';
import { invalidParams } from './rpc-error.js';
import type { StoredLog, StoredReceipt } from './stored-receipt.js';
import type { StoredBlock } from './block-record.js';

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
    number: quantity(fields.number),
    hash: toHex(block.hash),
    parentHash: toHex(fields.parentHash),
    nonce: toHex(fields.nonce),
    mixHash: toHex(fields.mixHash),
    sha3Uncles: toHex(fields.uncleHash),
    logsBloom: toHex(fields.logsBloom),
    transactionsRoot: toHex(fields.transactionsTrie),
    stateRoot: toHex(fields.stateRoot),
    receiptsRoot: toHex(fields.receiptTrie),
    miner: toHex(fields.coinbase),
    difficulty: quantity(fields.difficulty),
    extraData: toHex(fields.extraData),
    gasLimit: quantity(fields.gasLimit),
    gasUsed: quantity(fields.gasUsed),
    timestamp: quantity(fields.timestamp),
  };
}

/** A block with its transactions as hashes or as given. */
export function formatBlock(block: StoredBlock, transactions: unknown[] | undefined): Record<string, unknown> {
  return {
    ...formatHeader(block),
    totalDifficulty: quantity(2 * block.number),
    size: quantity(block.header.length + block.transactionBytes),
    transactions: transactions ?? block.transactionHashes.map(toHex),
    uncles: [],
  };
}

/** A transaction; `place` is undefined while it waits for a block. */
export function formatTransaction(tx: LegacyTx, from: Uint8Array, place: TransactionPlace | undefined): object {
  return {
    blockHash: place === undefined ? null : toHex(place.block.hash),
    blockNumber: place === undefined ? null : quantity(place.block.number),
    from: toHex(from),
    gas: quantity(tx.gasLimit),
    gasPrice: quantity(tx.gasPrice),
    hash: toHex(tx.hash()),
    input: toHex(tx.data),
    nonce: quantity(tx.nonce),
    to: tx.to === undefined ? null : toHex(tx.to.bytes),
    transactionIndex: place === undefined ? null : quantity(place.index),
    value: quantity(tx.value),
    type: '0x0',
    chainId: quantity(tx.common.chainId()),
    v: quantity(tx.v!),
    r: quantity(tx.r!),
    s: quantity(tx.s!),
  };
}

export function formatLog(log: StoredLog, { block, index }: TransactionPlace, logIndex: number): object {
  return {
    address: toHex(log.address),
    topics: log.topics.map(toHex),
    data: toHex(log.data),
    blockNumber: quantity(block.number),
    transactionHash: toHex(block.transactionHashes[index]!),
    transactionIndex: quantity(index),
    blockHash: toHex(block.hash),
    logIndex: quantity(logIndex),
    removed: false,
  };
}

/** The receipt at `place` of the block's `receipts`. */
export function formatReceipt(rules: Common, receipts: readonly StoredReceipt[], place: TransactionPlace): object {
  const { block, index } = place;
  const receipt = receipts[index]!;
  const firstLog = receipts.slice(0, index).reduce((sum, { logs }) => sum + logs.length, 0);
  return {
    blockHash: toHex(block.hash),
    blockNumber: quantity(block.number),
    contractAddress: receipt.contractAddress.length === 0 ? null : toHex(receipt.contractAddress),
    cumulativeGasUsed: quantity(receipt.cumulativeGasUsed),
    effectiveGasPrice: quantity(receipt.gasPrice),
    from: toHex(receipt.from),
    gasUsed: quantity(receipt.gasUsed),
    logs: receipt.logs.map((log, offset) => formatLog(log, place, firstLog + offset)),
    logsBloom: toHex(logsBloom(rules, receipt)),
    status: receipt.succeeded ? '0x1' : '0x0',
    to: receipt.to.length === 0 ? null : toHex(receipt.to),
    transactionHash: toHex(block.transactionHashes[index]!),
    transactionIndex: quantity(index),
    type: '0x0',
  };
}

function logsBloom(rules: Common, { logs }: StoredReceipt): Uint8Array {
  const bloom = new Bloom(undefined, rules);
  for (const { address, topics } of logs) for (const item of [address, ...topics]) bloom.add(item);
  return bloom.bitvector;
}
