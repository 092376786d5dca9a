import type { webcrypto } from 'node:crypto';
import { Aes256Gcm, CipherSuite, HkdfSha256 } from '@hpke/core';
import { XWing } from '@hpke/hybridkem-x-wing';
import { LedgerError } from '../base/errors.js';

/** Of the encapsulated key that goes with a ciphertext. */
export const ENC_BYTES = 1_120;

/** For whom letters are encrypted: the public half stands on a site's card, the private one lives for one letter, or 30 days. */
export interface CardKeys {
  /** 1,216 bytes. */
  publicKey: Buffer;
  /** 32 bytes. */
  privateKey: Buffer;
}

interface Encrypted {
  enc: Buffer;
  ciphertext: Buffer;
}

/**
 * HPKE (RFC 9180) in base mode: X-Wing (0x647a, which is ML-KEM-768 and X25519), HKDF-SHA-256, AES-256-GCM. No other file knows
 * the library. It is plain JavaScript and doesn't run in constant time: a person's command has a letter read, a few times a year.
 */
const suite = new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

export async function makeCardKeys(): Promise<CardKeys> {
  const { publicKey, privateKey } = (await suite.kem.generateKeyPair()) as webcrypto.CryptoKeyPair;
  return {
    publicKey: Buffer.from(await suite.kem.serializePublicKey(publicKey)),
    privateKey: Buffer.from(await suite.kem.serializePrivateKey(privateKey)),
  };
}

/** Encrypts for whoever has the private half of `publicKey`. Throws `corrupt` for bytes that are no public key. */
export async function encryptByHpke(publicKey: Buffer, info: Buffer, plaintext: Buffer): Promise<Encrypted> {
  try {
    const recipientPublicKey = await keyOf(publicKey, true);
    const { enc, ct } = await suite.seal({ recipientPublicKey, info: copyOf(info) }, copyOf(plaintext));
    return { enc: Buffer.from(enc), ciphertext: Buffer.from(ct) };
  } catch (cause) {
    throw new LedgerError('corrupt', `${publicKey.length} bytes of a card are no key for letters.`, { cause });
  }
}

/** Takes `encryptByHpke` back. Throws `corrupt` for another key, another `info`, or one changed bit. */
export async function decryptByHpke(privateKey: Buffer, info: Buffer, { enc, ciphertext }: Encrypted): Promise<Buffer> {
  try {
    const recipientKey = await keyOf(privateKey, false);
    const parameters = { recipientKey, enc: copyOf(enc), info: copyOf(info) };
    return Buffer.from(await suite.open(parameters, copyOf(ciphertext)));
  } catch (cause) {
    throw new LedgerError('corrupt', 'A letter is not for this key, or was changed on its way.', { cause });
  }
}

function keyOf(bytes: Buffer, isPublic: boolean): Promise<webcrypto.CryptoKey> {
  return suite.kem.importKey('raw', copyOf(bytes), isPublic);
}

/** The library takes whole ArrayBuffers, where a Buffer is often a part of one. */
function copyOf(bytes: Buffer): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
