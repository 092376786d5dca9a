import { RLP } from '@ethereumjs/rlp';
import { fromHex } from './hex.js';

/** Of a header that is hashed, in order (Yellow Paper §4.4.3; EIP-1559, 4895, 4844, 4788, 7685): as `eth_getBlockByNumber` names them. */
const FIELDS = [
  ['parentHash', 'data'],
  ['sha3Uncles', 'data'],
  ['miner', 'data'],
  ['stateRoot', 'data'],
  ['transactionsRoot', 'data'],
  ['receiptsRoot', 'data'],
  ['logsBloom', 'data'],
  ['difficulty', 'quantity'],
  ['number', 'quantity'],
  ['gasLimit', 'quantity'],
  ['gasUsed', 'quantity'],
  ['timestamp', 'quantity'],
  ['extraData', 'data'],
  ['mixHash', 'data'],
  ['nonce', 'data'],
  ['baseFeePerGas', 'quantity'],
  ['withdrawalsRoot', 'data'],
  ['blobGasUsed', 'quantity'],
  ['excessBlobGas', 'quantity'],
  ['parentBeaconBlockRoot', 'data'],
  ['requestsHash', 'data'],
] as const;
/** So many has every header; the others came with later rules, and are left out where a block does not have them. */
const ALWAYS = 15;

/** A block's header as its hash is taken of it. Throws for an answer of a node that lacks a field or has one that is no hex. */
export function encodeBlockHeader(block: Readonly<Record<string, unknown>>): Buffer {
  const there = FIELDS.filter(([name], i) => i < ALWAYS || (block[name] !== undefined && block[name] !== null));
  return Buffer.from(RLP.encode(there.map(([name, kind]) => fieldBytes(name, kind, block[name]))));
}

function fieldBytes(name: string, kind: 'data' | 'quantity', value: unknown): Buffer {
  if (typeof value !== 'string' || !/^0x[0-9a-f]*$/i.test(value)) throw new Error(`the block has no ${name}`);
  if (kind === 'data') return fromHex(value);
  const digits = value.slice(2).replace(/^0+/, '');
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}
