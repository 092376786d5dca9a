import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { accountOf } from '../ledger/keys/sign.js';
import { accountsOfSignature, signDigest } from '../ledger/keys/sign-digest.js';
import { bodyKeys, imageKeyOf, ROLE } from './body-keys.js';
import { type CardKeys, makeCardKeys } from './hpke.js';
import { type Letter, readLetter, writeLetter } from './letter.js';
import { grant, puncture, type Ring, studyNodeOf, wholeRing } from './ring.js';
import { writeRing } from './write-ring.js';
import { ringCommitment } from './ring-commitment.js';
import { type AnnouncedBody, type RingOnChain, takeLetter } from './take-letter.js';
import { refusalOf } from './testing/vectors.js';
import { pathOf } from './tree.js';

const OWN = 1;
const [READER, STRANGER] = [2, 3];
const consortium = { chainId: 5n, consortium: randomBytes(20) };
const ringId = randomBytes(16);
const root = randomBytes(32);
const whole = wholeRing(root);
const [STORED, ERASED, LATER] = [1n << 32n, (1n << 32n) + 1n, (1n << 32n) + 2n];

/** An image of a study that was announced under the right ring. */
function announced(studyKey: bigint, ring: Ring = whole): AnnouncedBody {
  const study = studyNodeOf(ring, studyKey)!;
  const imageKey = imageKeyOf(study, '1.2.3');
  const owner = { role: ROLE.header, chainId: 5n, contract: randomBytes(20), siteId: OWN, imageKey };
  return { ...owner, studyKey, commit: bodyKeys(study, owner).commit };
}

const onChain: RingOnChain = {
  siteId: OWN,
  commitment: ringCommitment(root, { ...consortium, siteId: OWN, ringId }),
  sharedWith: [READER],
  erased: [],
  bodies: [announced(STORED)],
};
const nothing: Ring = new Map();
const letter = (ring: Ring, from = OWN, to = READER): Letter => ({ ...consortium, from, to, ringId, ring });

describe('takeLetter', () => {
  it('takes a whole ring that gives the commitment on the chain', () => {
    expect(writeRing(takeLetter(nothing, letter(whole), onChain))).toEqual(writeRing(whole));
  });

  it('refuses a root that does not: whoever seals a letter to a card cannot choose our keys (P12)', async () => {
    expect(await refusalOf(() => takeLetter(nothing, letter(wholeRing(randomBytes(32))), onChain))).toBe('corrupt');
  });

  it('refuses a letter from or to a site that the chain does not share the ring with', async () => {
    expect(await refusalOf(() => takeLetter(nothing, letter(whole, STRANGER), onChain))).toBe('forbidden');
    expect(await refusalOf(() => takeLetter(nothing, letter(whole, OWN, STRANGER), onChain))).toBe('forbidden');
  });

  it('takes a punctured ring that opens what was announced below its nodes', () => {
    const punctured = puncture(whole, [pathOf(ERASED)]);
    expect(writeRing(takeLetter(nothing, letter(punctured), onChain))).toEqual(writeRing(punctured));
  });

  it('refuses a punctured ring that does not', async () => {
    const wrong = puncture(wholeRing(randomBytes(32)), [pathOf(ERASED)]);
    expect(await refusalOf(() => takeLetter(nothing, letter(wrong), onChain))).toBe('corrupt');
  });

  it('is content with one body that opens: the site may have announced another under a wrong key', () => {
    const bodies = [{ ...announced(STORED), commit: randomBytes(32) }, announced(STORED)];
    expect(takeLetter(nothing, letter(grant(whole, pathOf(STORED))), { ...onChain, bodies }).size).toBe(1);
  });

  it('takes nodes without images from the ring’s own site only, so that no reader can bar the right ones', () => {
    const withoutImages = grant(whole, pathOf(LATER));
    expect(takeLetter(nothing, letter(withoutImages), onChain).size).toBe(1);
    expect(takeLetter(nothing, letter(withoutImages, READER, OWN), onChain).size).toBe(0);
    const barred = takeLetter(nothing, letter(new Map([[pathOf(LATER), randomBytes(32)]]), READER, OWN), onChain);
    expect(takeLetter(barred, letter(whole), onChain).get('')).toEqual(root);
  });

  it('gives a ring back to the site that has lost it, from any reader (proven by what is announced)', () => {
    const kept = puncture(whole, [pathOf(ERASED)]);
    const back = takeLetter(nothing, letter(kept, READER, OWN), {
      ...onChain,
      bodies: [announced(STORED), announced(LATER)],
    });
    for (const study of [STORED, LATER]) expect(studyNodeOf(back, study)).toEqual(studyNodeOf(whole, study));
  });

  it('brings nothing back that was erased, from an old letter or the letter of a lagging peer (P4)', () => {
    const erased = [pathOf(ERASED)];
    const held = puncture(whole, erased);
    const after = takeLetter(held, letter(whole), { ...onChain, erased });
    expect(studyNodeOf(after, ERASED)).toBeUndefined();
    expect(writeRing(after)).toEqual(writeRing(held));
  });

  it('refuses what contradicts what is held', async () => {
    const held = new Map([[pathOf(LATER), randomBytes(32)]]);
    expect(await refusalOf(() => takeLetter(held, letter(whole), onChain))).toBe('conflict');
  });
});

describe('readLetter', () => {
  const senderKey = randomBytes(32);
  const account = accountOf(senderKey);
  const isSignedBy = (from: number, digest: Buffer, signature: Buffer): boolean =>
    from === OWN && accountsOfSignature(digest, signature).includes(account);
  const sign = (digest: Buffer): Buffer => signDigest(digest, senderKey);
  let card: CardKeys;
  let bytes: Buffer;
  const reader = () => ({ ...consortium, to: READER, card, isSignedBy });

  beforeAll(async () => {
    card = await makeCardKeys();
    bytes = await writeLetter(letter(puncture(whole, [pathOf(ERASED)])), { cardKey: card.publicKey, sign });
  });

  it('gives the ring of a letter, from whom it is, and which ring that is', async () => {
    expect(await readLetter(bytes, reader())).toEqual(letter(puncture(whole, [pathOf(ERASED)])));
  });

  it('does not ask for the private key before the signature was found right', async () => {
    const dead = { publicKey: card.publicKey, privateKey: Buffer.alloc(0) };
    const stranger = { ...reader(), card: dead, isSignedBy: () => false };
    expect(await refusalOf(() => readLetter(bytes, stranger))).toBe('forbidden');
  });

  it('refuses a letter that somebody else has signed, or that was changed anywhere', async () => {
    const forged = await writeLetter(letter(whole), {
      cardKey: card.publicKey,
      sign: (digest) => signDigest(digest, randomBytes(32)),
    });
    expect(await refusalOf(() => readLetter(forged, reader()))).toBe('forbidden');
    for (let at = 0; at < bytes.length; at += 7) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 0x10;
      expect(['corrupt', 'forbidden']).toContain(await refusalOf(() => readLetter(changed, reader())));
    }
  });

  it('refuses a letter to another site, of another consortium or chain, and any shorter one', async () => {
    const others = [{ to: STRANGER }, { chainId: 6n }, { consortium: randomBytes(20) }];
    for (const other of others)
      expect(await refusalOf(() => readLetter(bytes, { ...reader(), ...other }))).toBe('corrupt');
    for (const length of [0, 4, 5, 88, 89, 153, 1_272, 1_273, bytes.length - 1])
      expect(['corrupt', 'forbidden']).toContain(
        await refusalOf(() => readLetter(bytes.subarray(0, length), reader())),
      );
  });

  it('cannot be read with the card keys that came after (P3)', async () => {
    const next = await makeCardKeys();
    expect(await refusalOf(() => readLetter(bytes, { ...reader(), card: next }))).toBe('corrupt');
    const mixed = { publicKey: card.publicKey, privateKey: next.privateKey };
    expect(await refusalOf(() => readLetter(bytes, { ...reader(), card: mixed }))).toBe('corrupt');
  });

  it('has no byte of a key in clear', () => {
    expect(puncture(whole, [pathOf(ERASED)]).size).toBe(64);
    for (const node of puncture(whole, [pathOf(ERASED)]).values()) expect(bytes.includes(node)).toBe(false);
  });
});
