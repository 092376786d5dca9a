import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import * as noble from '@panva/hpke-noble';
import * as HPKE from 'hpke';
import { type CardKeys, decryptByHpke, ENC_BYTES, encryptByHpke, makeCardKeys } from './hpke.js';
import { refusalOf } from './testing/vectors.js';

const info = Buffer.from('what a letter is bound to');
const plaintext = randomBytes(3_000);
/** Node's own WebCrypto has ML-KEM from 24.7 on. */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const hasOwnMlKem = major > 24 || (major === 24 && minor >= 7);

const others = [
  ['@panva/hpke-noble', new HPKE.CipherSuite(noble.KEM_MLKEM768_X25519, noble.KDF_HKDF_SHA256, noble.AEAD_AES_256_GCM)],
  ...(hasOwnMlKem
    ? ([
        [
          'Node’s WebCrypto',
          new HPKE.CipherSuite(HPKE.KEM_MLKEM768_X25519, HPKE.KDF_HKDF_SHA256, HPKE.AEAD_AES_256_GCM),
        ],
      ] as const)
    : []),
] as const;

describe('encryptByHpke', () => {
  it('gives another ciphertext each time, with an encapsulated key of 1,120 bytes', async () => {
    const { publicKey } = await makeCardKeys();
    const [one, other] = [
      await encryptByHpke(publicKey, info, plaintext),
      await encryptByHpke(publicKey, info, plaintext),
    ];
    expect(one.enc.length).toBe(ENC_BYTES);
    expect(one.enc.equals(other.enc)).toBe(false);
    expect(one.ciphertext.length).toBe(plaintext.length + 16);
  });

  it('refuses bytes that are no public key', async () => {
    expect(await refusalOf(() => encryptByHpke(randomBytes(1_215), info, plaintext))).toBe('corrupt');
  });

  it.each(others)('gives what %s opens, and opens what that gives', async (_, suite) => {
    const card = await makeCardKeys();
    expect([card.publicKey.length, card.privateKey.length]).toEqual([1_216, 32]);
    const { enc, ciphertext } = await encryptByHpke(card.publicKey, info, plaintext);
    const privateKey = await suite.DeserializePrivateKey(card.privateKey);
    expect(plaintext.equals(await suite.Open(privateKey, enc, ciphertext, { info }))).toBe(true);

    const theirs = await suite.Seal(await suite.DeserializePublicKey(card.publicKey), plaintext, { info });
    const sealed = { enc: Buffer.from(theirs.encapsulatedSecret), ciphertext: Buffer.from(theirs.ciphertext) };
    expect(plaintext.equals(await decryptByHpke(card.privateKey, info, sealed))).toBe(true);
  });
});

describe('decryptByHpke', () => {
  it('refuses another key, another info, and a bit of either part', async () => {
    const [card, stranger]: CardKeys[] = [await makeCardKeys(), await makeCardKeys()];
    const sealed = await encryptByHpke(card!.publicKey, info, plaintext);
    const flipped = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([bytes[0]! ^ 1]), bytes.subarray(1)]);
    const wrong = [
      () => decryptByHpke(stranger!.privateKey, info, sealed),
      () => decryptByHpke(card!.privateKey, Buffer.from('something else'), sealed),
      () => decryptByHpke(card!.privateKey, info, { ...sealed, enc: flipped(sealed.enc) }),
      () => decryptByHpke(card!.privateKey, info, { ...sealed, ciphertext: flipped(sealed.ciphertext) }),
    ];
    for (const attempt of wrong) expect(await refusalOf(attempt)).toBe('corrupt');
  });
});
