import { createBlock, createBlockHeader, type Block, type BlockHeader, type HeaderData } from '@ethereumjs/block';
import type { Common } from '@ethereumjs/common';
import { RLP } from '@ethereumjs/rlp';
import { LIMITS } from './limits.js';

const options = (common: Common) => ({ common, skipConsensusFormatValidation: true, freeze: false });

const FIXED = {
  difficulty: 2n, // Clique's for the signer whose turn it is
  gasLimit: LIMITS.blockGas,
  extraData: Buffer.from('dicom-ledger'),
} satisfies HeaderData;

/** The block as transactions see it while it is made. */
export function beginBlock(rules: Common, data: HeaderData): Block {
  return createBlock({ header: { ...FIXED, ...data } }, options(rules));
}

export function sealHeader(rules: Common, data: HeaderData): BlockHeader {
  return createBlockHeader({ ...FIXED, ...data }, options(rules));
}

/** A stored header, as calls on its block see it. */
export function storedBlock(rules: Common, header: Uint8Array): Block {
  const fields = blockHeaderFields(header);
  return beginBlock(rules, {
    parentHash: fields.parentHash,
    stateRoot: fields.stateRoot,
    number: fields.number,
    timestamp: fields.timestamp,
  });
}

export interface BlockHeaderFields {
  parentHash: Uint8Array;
  uncleHash: Uint8Array;
  coinbase: Uint8Array;
  stateRoot: Uint8Array;
  transactionsTrie: Uint8Array;
  receiptTrie: Uint8Array;
  logsBloom: Uint8Array;
  difficulty: bigint;
  number: bigint;
  gasLimit: bigint;
  gasUsed: bigint;
  timestamp: bigint;
  extraData: Uint8Array;
  mixHash: Uint8Array;
  nonce: Uint8Array;
}

export function blockHeaderFields(header: Uint8Array): BlockHeaderFields {
  const item = RLP.decode(header) as Uint8Array[];
  const bytes = (index: number): Uint8Array => item[index]!;
  const quantity = (index: number): bigint =>
    bytes(index).length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes(index)).toString('hex')}`);
  return {
    parentHash: bytes(0),
    uncleHash: bytes(1),
    coinbase: bytes(2),
    stateRoot: bytes(3),
    transactionsTrie: bytes(4),
    receiptTrie: bytes(5),
    logsBloom: bytes(6),
    difficulty: quantity(7),
    number: quantity(8),
    gasLimit: quantity(9),
    gasUsed: quantity(10),
    timestamp: quantity(11),
    extraData: bytes(12),
    mixHash: bytes(13),
    nonce: bytes(14),
  };
}
