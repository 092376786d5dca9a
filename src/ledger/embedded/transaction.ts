import type { Common } from '@ethereumjs/common';
import { RLP } from '@ethereumjs/rlp';
import { createLegacyTxFromBytesArray, type LegacyTx } from '@ethereumjs/tx';
import { type Address, bytesToBigInt, SECP256K1_ORDER_DIV_2 } from '@ethereumjs/util';
import { rlpListParts } from '../ethereum/rlp-list-parts.js';
import { keccak256 } from '../ethereum/keccak256.js';
import { countZeroBytes } from './count-zero-bytes.js';
import { ecrecover } from './fast-crypto.js';
import { LIMITS } from './limits.js';
import { refused } from './rpc-error.js';

const NO_BYTES = new Uint8Array();

/** A signed transaction whose form is right; whether the account can send it is for the pool. */
export interface SignedTransaction {
  raw: Uint8Array;
  hash: Buffer;
  from: Address;
  tx: LegacyTx;
}

/** Decodes and recovers the sender, once. Throws as geth does what no state could make valid. */
export function parseTransaction(rules: Common, raw: Uint8Array): SignedTransaction {
  if (raw.length > LIMITS.transactionBytes)
    throw refused(`oversized data: transaction size ${raw.length}, limit ${LIMITS.transactionBytes}`);
  if (raw.length === 0) throw refused('typed transaction too short');
  if (raw[0]! < 0xc0) throw refused('transaction type not supported');

  const fields = decodeFields(raw);
  const signedFor = signingChain(fields);
  if (signedFor === undefined) throw refused('only replay-protected (EIP-155) transactions allowed over RPC');
  if (signedFor !== rules.chainId())
    throw refused(`invalid chain id for signer: have ${signedFor} want ${rules.chainId()}`);
  const tx = transactionOf(rules, fields);
  if (tx.gasLimit > LIMITS.blockGas) throw refused('exceeds block gas limit');
  const intrinsicGas = intrinsicGasOf(tx);
  tx.cache.dataFee = {
    value: intrinsicGas - intrinsicGasOf({ to: tx.to, data: NO_BYTES }),
    hardfork: rules.hardfork(),
  };
  if (tx.gasLimit < intrinsicGas)
    throw refused(`intrinsic gas too low: gas ${tx.gasLimit}, minimum needed ${intrinsicGas}`);
  if (tx.gasPrice < LIMITS.gasPrice)
    throw refused(`transaction underpriced: gas tip cap ${tx.gasPrice}, minimum needed ${LIMITS.gasPrice}`);

  const hash = Buffer.from(keccak256(raw));
  tx.cache.hash = hash;
  tx.cache.senderPubKey = senderKey(fields, rules.chainId());
  return { raw, hash, tx, from: tx.getSenderAddress() };
}

/** The public key that has signed (EIP-155), recovered without a copy of the data. Throws for a signature that is none (EIP-2). */
function senderKey(fields: Fields, chainId: bigint): Uint8Array {
  const [v, r, s] = fields.slice(6) as [Uint8Array, Uint8Array, Uint8Array];
  try {
    if (bytesToBigInt(s) > SECP256K1_ORDER_DIV_2) throw new Error('s is too high');
    const digest = keccak256(...rlpListParts([...fields.slice(0, 6), chainId, 0, 0]));
    return ecrecover(digest, bytesToBigInt(v), r, s, chainId);
  } catch {
    throw refused('invalid sender');
  }
}

/** A transaction that is on the chain already. */
export function storedTransaction(rules: Common, raw: Uint8Array): LegacyTx {
  return transactionOf(rules, decodeFields(raw));
}

/** nonce, gas price, gas limit, to, value, data, v, r, s. */
type Fields = Uint8Array[];

function decodeFields(raw: Uint8Array): Fields {
  let fields;
  try {
    // Of a Buffer the library makes views, of any other bytes copies.
    fields = RLP.decode(Buffer.from(raw.buffer, raw.byteOffset, raw.length));
  } catch (error) {
    throw refused(`rlp: ${(error as Error).message}`);
  }
  if (!Array.isArray(fields) || fields.length !== 9 || fields.some((field) => !(field instanceof Uint8Array)))
    throw refused('rlp: a legacy transaction has nine fields');
  return (fields as Buffer[]).map(({ buffer, byteOffset, length }) => new Uint8Array(buffer, byteOffset, length));
}

function transactionOf(rules: Common, fields: Fields): LegacyTx {
  try {
    return createLegacyTxFromBytesArray(fields, {
      common: rules,
    });
  } catch (error) {
    throw refused(`invalid transaction: ${(error as Error).message}`);
  }
}

/** The chain that EIP-155 has in `v`; undefined for a signature that is good on every chain. */
function signingChain(fields: Fields): bigint | undefined {
  const v = BigInt(`0x0${Buffer.from(fields[6]!).toString('hex')}`);
  return v < 35n ? undefined : (v - 35n) / 2n;
}

/** Gas of a transaction before its first instruction: Yellow Paper §6.2, with EIP-2028's 16 a byte. */
export function intrinsicGasOf({ to, data }: { to?: unknown; data: Uint8Array }): bigint {
  const zeros = countZeroBytes(data);
  return BigInt((to === undefined ? 53_000 : 21_000) + 16 * (data.length - zeros) + 4 * zeros);
}
