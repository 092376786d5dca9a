import { secp256k1 } from '../ethereum/secp256k1.js';
import { keccak256 } from '../ethereum/keccak256.js';
import { toHex, type Hex } from '../ethereum/hex.js';
import { rlpListParts } from '../ethereum/rlp-list-parts.js';

/** A legacy transaction (EIP-155): every chain takes them, and Berlin rules know no other price. */
export interface Transaction {
  chainId: bigint;
  nonce: number;
  gasPrice: bigint;
  gasLimit: bigint;
  /** Undefined deploys `data`. */
  to: Buffer | undefined;
  /** Wei; none unless given. */
  value?: bigint;
  data: Buffer;
}

export interface SignedTransaction {
  raw: Buffer;
  readonly hash: Hex;
}

/** The account of a private key of 32 bytes. */
export function accountOf(privateKey: Buffer): Hex {
  return accountOfPublicKey(secp256k1().publicKeyCreate(privateKey, false));
}

/** The account of an uncompressed public key of 65 bytes. */
export function accountOfPublicKey(publicKey: Uint8Array): Hex {
  return toHex(keccak256(Buffer.from(publicKey.subarray(1))).subarray(12));
}

/** Signs over buffers: 120 KB take under a millisecond, where hex strings would take a hundred. */
export function signTransaction(transaction: Transaction, privateKey: Buffer): SignedTransaction {
  const fields = [
    transaction.nonce,
    transaction.gasPrice,
    transaction.gasLimit,
    transaction.to ?? Buffer.alloc(0),
    transaction.value ?? 0,
    transaction.data,
  ];
  const digest = keccak256(...rlpListParts([...fields, transaction.chainId, 0, 0]));
  const { signature, recid } = secp256k1().ecdsaSign(digest, privateKey);
  const parts = rlpListParts([
    ...fields,
    transaction.chainId * 2n + 35n + BigInt(recid),
    withoutLeadingZeros(signature.subarray(0, 32)),
    withoutLeadingZeros(signature.subarray(32)),
  ]);
  const raw = Buffer.concat(parts);
  return {
    raw,
    // Only who asks pays for it: it takes as long as the signature.
    get hash() {
      return toHex(keccak256(raw));
    },
  };
}

function withoutLeadingZeros(bytes: Uint8Array): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  return Buffer.from(bytes.subarray(start === -1 ? bytes.length : start));
}
