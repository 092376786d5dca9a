import { secp256k1 } from '../ethereum/secp256k1.js';
import type { Hex } from '../ethereum/hex.js';
import { accountOfPublicKey } from './sign.js';

/** ECDSA over secp256k1 of 32 bytes, by a private key of 32: 64 bytes r ‖ s, s in the lower half (EIP-2), the nonce by RFC 6979. */
export function signDigest(digest: Buffer, privateKey: Buffer): Buffer {
  return Buffer.from(secp256k1().ecdsaSign(digest, privateKey).signature);
}

/** The accounts whose keys verify a signature of `signDigest`: at most two, as it doesn't tell which, and one of them has signed. */
export function accountsOfSignature(digest: Buffer, signature: Buffer): Hex[] {
  return [0, 1].flatMap((recovery) => {
    try {
      const publicKey = secp256k1().ecdsaRecover(signature, recovery, digest, false);
      // Recovering takes an s of the upper half, too.
      return secp256k1().ecdsaVerify(signature, digest, publicKey) ? [accountOfPublicKey(publicKey)] : [];
    } catch {
      return [];
    }
  });
}
