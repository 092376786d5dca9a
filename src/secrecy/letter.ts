import { createHash } from 'node:crypto';
import { LedgerError } from '../base/errors.js';
import { inTurns } from '../base/in-turns.js';
import { type CardKeys, decryptByHpke, ENC_BYTES, encryptByHpke } from './hpke.js';
import { exactly, labelled, u32, u8 } from './labels.js';
import type { Ring } from './ring.js';
import { type ConsortiumId, consortiumContext } from './ring-commitment.js';
import { readingRing, writeRing } from './write-ring.js';

const MAGIC = Buffer.from('DLLT', 'ascii');
const VERSION = 1;
const SIGNATURE_BYTES = 64;

/** From whom to whom a letter goes, and of which ring it is. */
export interface LetterHead extends ConsortiumId {
  from: number;
  to: number;
  /** 16 bytes. */
  ringId: Buffer;
}

/** A letter as it was read: decrypted, and signed by its sender. What the chain has to say of it is `takeLetter`'s. */
export interface Letter extends LetterHead {
  /** What the sender holds of the ring, or the part that it grants. */
  ring: Ring;
}

/** Of an account of the sender's site: 64 bytes r ‖ s of ECDSA over secp256k1. The private key stays where it is. */
export type SignDigest = (digest: Buffer) => Buffer | Promise<Buffer>;

/** Whether an account of the site `from` has signed. */
export type IsSignedBy = (from: number, digest: Buffer, signature: Buffer) => boolean | Promise<boolean>;

/** Where the parts of a letter begin, after magic and version: what it is bound to, signature, encapsulated key, ciphertext. */
const BOUND_AT = MAGIC.length + 1;
const FROM_AT = BOUND_AT + 8 + 20;
const RING_ID_AT = FROM_AT + 4 + 4;
const SIGNATURE_AT = RING_ID_AT + 16 + 32;
const ENC_AT = SIGNATURE_AT + SIGNATURE_BYTES;
const CIPHERTEXT_AT = ENC_AT + ENC_BYTES;

/** Encrypts a ring for the site that has published the card key, and has it signed. Every letter is encrypted anew. */
export async function writeLetter(
  { ring, ...head }: Letter,
  { cardKey, sign }: { cardKey: Buffer; sign: SignDigest },
): Promise<Buffer> {
  const bound = boundTo(head, cardKey);
  const info = labelled('letter', bound);
  const { enc, ciphertext } = await encryptByHpke(cardKey, info, writeRing(ring));
  const signature = exactly(SIGNATURE_BYTES, await sign(sha256(info, enc, ciphertext)));
  return Buffer.concat([MAGIC, u8(VERSION), bound, signature, enc, ciphertext]);
}

/** What stands on a letter in clear. Nothing of it is to be believed before the signature is. */
export interface Envelope extends LetterHead {
  /** SHA-256 of the card key that it is encrypted for: 32 bytes. */
  cardKeyHash: Buffer;
}

/** Throws `corrupt` for what is no letter of a version that is known. */
export function readEnvelope(bytes: Buffer): Envelope {
  if (bytes.length < CIPHERTEXT_AT || !bytes.subarray(0, BOUND_AT).equals(Buffer.concat([MAGIC, u8(VERSION)])))
    throw new LedgerError('corrupt', `${bytes.length} bytes are no letter of version ${VERSION}.`);
  return {
    chainId: bytes.readBigUInt64BE(BOUND_AT),
    consortium: Buffer.from(bytes.subarray(BOUND_AT + 8, FROM_AT)),
    from: bytes.readUInt32BE(FROM_AT),
    to: bytes.readUInt32BE(FROM_AT + 4),
    ringId: Buffer.from(bytes.subarray(RING_ID_AT, RING_ID_AT + 16)),
    cardKeyHash: Buffer.from(bytes.subarray(RING_ID_AT + 16, SIGNATURE_AT)),
  };
}

/**
 * Reads a letter to site `to` for one of its card keys: who has signed it is asked before anything is decrypted. Throws
 * `corrupt` for what is no letter, not for this site and key, or changed; `forbidden` for one that its sender has not signed.
 */
export async function readLetter(
  bytes: Buffer,
  { card, isSignedBy, ...recipient }: ConsortiumId & { to: number; card: CardKeys; isSignedBy: IsSignedBy },
): Promise<Letter> {
  const { from, ringId } = readEnvelope(bytes);
  const head: LetterHead = { ...recipient, from, ringId };
  const bound = boundTo(head, card.publicKey);
  if (!bytes.subarray(BOUND_AT, SIGNATURE_AT).equals(bound))
    throw new LedgerError(
      'corrupt',
      `A letter from site ${from} is for another site, consortium or card key than ours.`,
    );
  const info = labelled('letter', bound);
  const [enc, ciphertext] = [bytes.subarray(ENC_AT, CIPHERTEXT_AT), bytes.subarray(CIPHERTEXT_AT)];
  if (!(await isSignedBy(from, sha256(info, enc, ciphertext), bytes.subarray(SIGNATURE_AT, ENC_AT))))
    throw new LedgerError('forbidden', `A letter that says it is from site ${from} is signed by no account of it.`);
  const plaintext = await decryptByHpke(card.privateKey, info, { enc, ciphertext });
  const { ring, byteCount } = await inTurns(readingRing(plaintext));
  if (byteCount !== plaintext.length)
    throw new LedgerError('corrupt', `A letter has ${plaintext.length - byteCount} bytes behind its ring.`);
  return { ...head, ring };
}

/** What a letter is bound to: chainId, consortium, from, to, ringId, SHA-256 of the card key. */
function boundTo(head: LetterHead, cardKey: Buffer): Buffer {
  const { from, to, ringId } = head;
  return Buffer.concat([consortiumContext(head), u32(from), u32(to), exactly(16, ringId), sha256(cardKey)]);
}

function sha256(...parts: Buffer[]): Buffer {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part);
  return digest.digest();
}
