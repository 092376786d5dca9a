import { hash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { bufferSource } from '../base/byte-source.js';
import { accountsOfSignature } from '../ledger/keys/sign-digest.js';
import { accountOf } from '../ledger/keys/sign.js';
import { decompressedSource } from '../pieces/decompressed-source.js';
import { cardFingerprint } from './card-fingerprint.js';
import { readCardKeysFile, writeCardKeysFile } from './card-keys-file.js';
import { readSecretFileHead } from './secret-file.js';
import { keyOfShares, type KeyShare } from './shares-of-key.js';
import { keyOfWords, wordsOfKey } from './words-of-key.js';
import { imageKeyOf, type Role, ROLE } from './body-keys.js';
import { encryptedByteCount } from './cell-range.js';
import { readLetter } from './letter.js';
import { mergeRings } from './merge-rings.js';
import { padmeByteCount, padSmallBody, unpadSmallBody, withoutPadding } from './padding.js';
import { nodeAt, puncture, studyNodeOf, wholeRing } from './ring.js';
import { ringCommitment } from './ring-commitment.js';
import { readRingsFile, readRingsFileHead, writeRingsFile } from './rings-file.js';
import {
  bodyOf,
  filled,
  fromHex,
  hexOfRing,
  type JsonOwner,
  keysOf,
  decryptBody,
  refusalOf,
  ringOfHex,
  studyOf,
  vectors,
} from './testing/vectors.js';

const sha256 = (bytes: Buffer): string => hash('sha256', bytes);

describe('The vectors of the tree', () => {
  const { root, cases } = vectors<{ root: string; cases: { studyKey: string; node: string }[] }>('tree');

  it.each(cases)('have the node of study $studyKey', ({ studyKey, node }) => {
    const ring = wholeRing(fromHex(root));
    expect(studyNodeOf(ring, BigInt(`0x${studyKey}`))?.toString('hex')).toBe(node);
  });
});

describe('The vectors of rings', () => {
  interface Case {
    name: string;
    before: string;
    erased: string[];
    after: string;
    derived: Record<string, string | null>;
  }

  it.each(vectors<{ cases: Case[] }>('rings').cases)('have $name', ({ before, erased, after, derived }) => {
    const ring = puncture(ringOfHex(before), erased);
    expect(hexOfRing(ring)).toBe(after);
    for (const [path, node] of Object.entries(derived)) expect(nodeAt(ring, path)?.toString('hex') ?? null).toBe(node);
  });
});

describe('The vectors of merges', () => {
  interface Case {
    name: string;
    held: string;
    incoming: string;
    erased: string[];
    merged: string;
  }

  it.each(vectors<{ cases: Case[] }>('merges').cases)('have $name', async ({ held, incoming, erased, merged }) => {
    const merge = (): string => hexOfRing(mergeRings(ringOfHex(held), ringOfHex(incoming), { erased }));
    if (merged === 'conflict') expect(await refusalOf(merge)).toBe('conflict');
    else expect(merge()).toBe(merged);
  });
});

describe('The vectors of ring commitments', () => {
  type Case = Record<'chainId' | 'consortium' | 'ringId' | 'commitment', string> & { siteId: number };
  const { root, cases } = vectors<{ root: string; cases: Case[] }>('commitments');

  it.each(cases)('have that of ring $ringId of site $siteId on $chainId', ({ commitment, siteId, ...ring }) => {
    const { chainId, consortium, ringId } = ring;
    const id = { chainId: BigInt(chainId), consortium: fromHex(consortium), siteId, ringId: fromHex(ringId) };
    expect(ringCommitment(fromHex(root), id).toString('hex')).toBe(commitment);
  });
});

interface BodyVectors {
  scheme: number;
  study: string;
  SOPInstanceUID: string;
  owner: Omit<JsonOwner, 'role'>;
  cases: {
    name: string;
    role: Role;
    contentBytes: number;
    plaintextBytes: number;
    bodyBytes: number;
    sha256: string;
    begins: string;
    body?: string;
    content?: string;
    givenBytes?: number;
    givenSha256?: string;
  }[];
  negativesOf: string;
  negatives: {
    name: string;
    edit: Edit;
    asked: Partial<JsonOwner> & { study?: string; scheme?: number };
    refusal: string;
  }[];
  refusedPaddings: [string, string][];
  padme: [number, number][];
  imageKeys: [string, string][];
}

interface Edit {
  flip?: number;
  swap?: [number, number];
  copy?: [number, number];
  cut?: number;
  commit?: string;
  /** The cells of another image, by its UID. */
  cellsOf?: string;
}

describe('The vectors of bodies', () => {
  const { scheme, study, owner, ...bodies } = vectors<BodyVectors>('bodies');

  it.each(bodies.imageKeys)('have the image key of %s', (uid, key) => {
    expect(imageKeyOf(studyOf(study), uid).toString('hex')).toBe(key);
  });

  it.each(bodies.cases)('have $name, made and opened', ({ role, ...vector }) => {
    const keys = keysOf(study, { ...owner, role });
    const content = vector.content === undefined ? filled(vector.contentBytes) : fromHex(vector.content);
    const padded =
      role === ROLE.instance
        ? Buffer.concat([content, Buffer.alloc(vector.plaintextBytes - content.length)])
        : padSmallBody(content);
    expect(padded.length).toBe(vector.plaintextBytes);
    const body = bodyOf(keys, { scheme, role }, padded);
    expect(body.length).toBe(vector.bodyBytes);
    expect(encryptedByteCount(padded.length)).toBe(vector.bodyBytes);
    expect(body.toString('hex', 0, 60)).toBe(vector.begins);
    expect(sha256(body)).toBe(vector.sha256);

    const found = vector.body === undefined ? body : Buffer.from(vector.body, 'base64');
    const opened = Buffer.concat(decryptBody(keys, { scheme, role }, found) as Buffer[]);
    const unpadded = role === ROLE.instance ? withoutPadding(opened, content.length) : unpadSmallBody(opened);
    expect(unpadded.equals(content)).toBe(true);
  });

  it('have a packed one, which unpacks', async () => {
    const { content, givenBytes, givenSha256 } = bodies.cases.find(({ givenSha256 }) => givenSha256)!;
    const packed = fromHex(content!);
    const stored = {
      ...bufferSource(packed),
      stream: (offset: number, count: number) => [packed.subarray(offset, offset + count)],
    };
    const given = decompressedSource(stored, { byteCount: givenBytes!, pieceBytes: 30_720 });
    expect(sha256(await given.read(0, givenBytes!))).toBe(givenSha256);
  });

  const base = bodies.cases.find(({ name }) => name === bodies.negativesOf)!;
  const right = (uidOf?: string): Buffer => {
    const imageKey = uidOf === undefined ? owner.imageKey : imageKeyOf(studyOf(study), uidOf).toString('hex');
    return bodyOf(
      keysOf(study, { ...owner, imageKey, role: base.role }),
      { scheme, role: base.role },
      filled(base.contentBytes),
    );
  };

  it.each(bodies.negatives)('refuse $name, without a byte of what was touched', ({ edit, asked, refusal }) => {
    const body = edited(right(), edit, right);
    const { study: askedStudy = study, scheme: askedScheme = scheme, ...owned } = asked;
    const all = { ...owner, role: base.role, ...owned };
    const opened = decryptBody(keysOf(askedStudy, all), { scheme: askedScheme, role: all.role }, body);
    if (typeof opened === 'string') expect(opened).toBe(refusal);
    else for (const number of touchedBy(edit, opened.length)) expect(opened[number]).toBe(refusal);
  });

  it.each(bodies.refusedPaddings)('refuse a padding: %s', async (_, padded) => {
    expect(await refusalOf(() => unpadSmallBody(fromHex(padded)))).toBe('corrupt');
  });

  it.each(bodies.padme)('pad an instance of %i bytes to %i', (byteCount, padded) => {
    expect(padmeByteCount(byteCount)).toBe(padded);
  });
});

const cellAt = (number: number): [number, number] => [32 + number * 65_564, 32 + (number + 1) * 65_564];

function edited(
  body: Buffer,
  { flip, swap, copy, cut = 0, commit, cellsOf }: Edit,
  bodyOfImage: (uid: string) => Buffer,
): Buffer {
  const edited = Buffer.from(body);
  if (flip !== undefined) edited[flip]! ^= 1;
  if (swap) body.copy(edited, cellAt(swap[0])[0], ...cellAt(swap[1]));
  if (swap) body.copy(edited, cellAt(swap[1])[0], ...cellAt(swap[0]));
  if (copy) body.copy(edited, cellAt(copy[1])[0], ...cellAt(copy[0]));
  if (commit !== undefined) edited.set(fromHex(commit));
  if (cellsOf !== undefined) edited.set(bodyOfImage(cellsOf).subarray(32), 32);
  return edited.subarray(0, edited.length - cut);
}

/** The cells that must not open: those with a changed bit or at a wrong place, else all of them. */
function touchedBy({ flip, swap, copy, cut }: Edit, count: number): number[] {
  if (flip !== undefined) return [Math.floor((flip - 32) / 65_564)];
  if (swap) return swap;
  if (copy) return [copy[1]];
  if (cut === 1) return [count - 1];
  return Array.from({ length: count }, (_, number) => number);
}

describe('The vectors of files', () => {
  interface FileVectors {
    owner: { chainId: number; consortium: string; siteId: number };
    rings: { siteId: number; ringId: string; ring: string }[];
    fileKey: string;
    wrappedKey: string;
    file: string;
    backupKey: string;
    backup: string;
    words: string;
    shares: KeyShare[];
  }
  const given = vectors<FileVectors>('files');
  const owner = { ...given.owner, chainId: BigInt(given.owner.chainId), consortium: fromHex(given.owner.consortium) };
  const rings = given.rings.map(({ siteId, ringId, ring }) => ({
    siteId,
    ringId: fromHex(ringId),
    ring: ringOfHex(ring),
  }));
  const bySite = rings.toSorted((a, b) => a.siteId - b.siteId);

  it('have a ring file', () => {
    const keys = { fileKey: fromHex(given.fileKey), wrappedKey: fromHex(given.wrappedKey) };
    expect(writeRingsFile('ring', { owner, rings }, keys).toString('hex')).toBe(given.file);
    expect(readRingsFile('ring', fromHex(given.file), keys.fileKey)).toEqual(bySite);
    expect(readRingsFileHead('ring', fromHex(given.file))).toEqual({ owner, wrappedKey: keys.wrappedKey });
  });

  it('have a backup pair', () => {
    const fileKey = fromHex(given.backupKey);
    expect(writeRingsFile('backup', { owner, rings }, { fileKey }).toString('hex')).toBe(given.backup);
    expect(readRingsFile('backup', fromHex(given.backup), fileKey)).toEqual(bySite);
  });

  it('have the words of a backup key, and two of its shares give it', async () => {
    expect(wordsOfKey(fromHex(given.backupKey))).toBe(given.words);
    expect(keyOfWords(given.words).toString('hex')).toBe(given.backupKey);
    for (const left of given.shares)
      expect((await keyOfShares(given.shares.filter((share) => share !== left))).toString('hex')).toBe(given.backupKey);
    expect((await keyOfShares(given.shares)).toString('hex')).toBe(given.backupKey);
  });
});

describe('The vectors of cards', () => {
  interface CardVectors {
    owner: { chainId: number; consortium: string; siteId: number };
    keys: { madeAt: number; privateKey: string; publicKey: string }[];
    fileKey: string;
    wrappedKey: string;
    file: string;
    refused: [name: string, file: string, refusal: string][];
    fingerprints: (Record<'chainId' | 'consortium' | 'publishedBy' | 'fingerprint', string> & {
      siteId: number;
      /** Which of the keys. */
      key: number;
    })[];
  }
  const given = vectors<CardVectors>('cards');
  const owner = { ...given.owner, chainId: BigInt(given.owner.chainId), consortium: fromHex(given.owner.consortium) };
  const cardKeys = given.keys.map(({ madeAt, privateKey, publicKey }) => ({
    ...{ madeAt, privateKey: fromHex(privateKey), publicKey: fromHex(publicKey) },
  }));
  const keys = { fileKey: fromHex(given.fileKey), wrappedKey: fromHex(given.wrappedKey) };

  it('have a file of card keys', () => {
    expect(writeCardKeysFile({ owner, cardKeys }, keys).toString('hex')).toBe(given.file);
    expect(readCardKeysFile(fromHex(given.file), keys.fileKey)).toEqual(cardKeys);
    expect(readSecretFileHead('card key', fromHex(given.file))).toEqual({ owner, wrappedKey: keys.wrappedKey });
  });

  it.each(given.refused)('refuse %s', async (_, file, refusal) => {
    expect(await refusalOf(() => readCardKeysFile(fromHex(file), keys.fileKey))).toBe(refusal);
  });

  it.each(given.fingerprints)('have the fingerprint $fingerprint', ({ fingerprint, key, siteId, ...card }) => {
    const consortium = { chainId: BigInt(card.chainId), consortium: fromHex(card.consortium) };
    const compared = { ...consortium, siteId, publishedBy: fromHex(card.publishedBy) };
    expect(cardFingerprint({ ...compared, cardKey: cardKeys[key]!.publicKey })).toBe(fingerprint);
  });
});

describe('The vectors of letters', () => {
  interface LetterVector {
    head: { chainId: number; consortium: string; from: number; to: number; ringId: string };
    ring: string;
    cardPrivateKey: string;
    cardPublicKey: string;
    senderPrivateKey: string;
    letter: string;
    refusedAsOf: Partial<LetterVector['head']>;
  }
  const given = vectors<LetterVector>('letters');
  const { from, to } = given.head;
  const account = accountOf(fromHex(given.senderPrivateKey));
  const reader = {
    ...{ chainId: BigInt(given.head.chainId), consortium: fromHex(given.head.consortium), to },
    card: { publicKey: fromHex(given.cardPublicKey), privateKey: fromHex(given.cardPrivateKey) },
    isSignedBy: (site: number, digest: Buffer, signature: Buffer) =>
      site === from && accountsOfSignature(digest, signature).includes(account),
  };

  it('have one that another HPKE has made', async () => {
    const { ring, ringId } = await readLetter(fromHex(given.letter), reader);
    expect({ ring: hexOfRing(ring), ringId: ringId.toString('hex') }).toEqual({
      ring: given.ring,
      ringId: given.head.ringId,
    });
  });

  it.each(Object.entries(given.refusedAsOf))(
    'refuse it with another %s, also where that was changed in it',
    async (name, value) => {
      const head = { ...given.head, [name]: value };
      const other = { ...reader, chainId: BigInt(head.chainId), consortium: fromHex(head.consortium), to: head.to };
      const isHidden = name === 'from' || name === 'ringId';
      const refusal = isHidden ? 'nothing was refused' : 'corrupt';
      expect(await refusalOf(() => readLetter(fromHex(given.letter), other))).toBe(refusal);

      const changed = fromHex(given.letter);
      changed.writeBigUInt64BE(other.chainId, 5);
      changed.set(other.consortium, 13);
      changed.writeUInt32BE(head.from, 33);
      changed.writeUInt32BE(head.to, 37);
      changed.set(fromHex(head.ringId), 41);
      expect(await refusalOf(() => readLetter(changed, other))).toBe('forbidden');
      // Whoever it is signed by, it is encrypted for the other.
      expect(await refusalOf(() => readLetter(changed, { ...other, isSignedBy: () => true }))).toBe('corrupt');
    },
  );
});
