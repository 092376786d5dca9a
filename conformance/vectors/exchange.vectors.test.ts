import { execFileSync } from 'node:child_process';
import { createECDH, hash, randomBytes, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { computeAddress } from 'ethers';
import { sharesOfKey } from '../../src/secrecy/shares-of-key.js';
import { wordsOfKey } from '../../src/secrecy/words-of-key.js';
import { cardFingerprint } from '../../src/secrecy/card-fingerprint.js';
import { type DatedCardKeys, readCardKeysFile, writeCardKeysFile } from '../../src/secrecy/card-keys-file.js';
import { ENCRYPTED_SCHEME } from '../../src/secrecy/body.js';
import { bodyKeys, imageKeyOf, type Role, ROLE } from '../../src/secrecy/body-keys.js';
import { makeCardKeys } from '../../src/secrecy/hpke.js';
import { readLetter, writeLetter } from '../../src/secrecy/letter.js';
import { padmeByteCount, padSmallBody, unpadSmallBody, withoutPadding } from '../../src/secrecy/padding.js';
import { puncture, studyNodeOf, wholeRing } from '../../src/secrecy/ring.js';
import { readRingsFile, readRingsFileHead, writeRingsFile } from '../../src/secrecy/rings-file.js';
import { bodyOf, fromHex, hexOfRing, decryptBody } from '../../src/secrecy/testing/vectors.js';
import { accountsOfSignature, signDigest } from '../../src/ledger/keys/sign-digest.js';
import { pathOf } from '../../src/secrecy/tree.js';

const python = execFileSync(process.execPath, ['scripts/build-vectors-python.mjs'], { encoding: 'utf8' }).trim();

/** What a program of this folder prints. */
const run = (script: string, args: string[], input = ''): Buffer =>
  execFileSync(python, ['-B', `conformance/vectors/${script}.py`, ...args], { input, maxBuffer: 2 ** 28 });

const sha256 = (bytes: Buffer): string => hash('sha256', bytes);

interface Body {
  role: Role;
  contentBytes: number;
  /** Base64. */
  body: string;
  sha256: string;
}

interface Answer {
  opened: { bodies: string[]; cards: CardRow[] } & Record<
    'file' | 'backup' | 'words' | 'letter' | 'punctured' | 'fingerprint',
    string
  >;
  made: { bodies: Body[]; cardRow: CardRow } & Record<
    'file' | 'fileKey' | 'ringId' | 'fileRing' | 'letter' | 'letterRing' | 'sender' | 'cardFile' | 'cardFileKey',
    string
  >;
}

/** Milliseconds since 1970, the private half and the card key, in hex. */
type CardRow = [madeAt: number, privateKey: string, publicKey: string];
const rowOf = ({ madeAt, privateKey, publicKey }: DatedCardKeys): CardRow => [
  madeAt,
  privateKey.toString('hex'),
  publicKey.toString('hex'),
];

// All of it is drawn anew for each run.
const SOPInstanceUID = `1.2.3.${randomInt(2 ** 40)}`;
const studyKey = randomBytes(8).readBigUInt64BE();
const erased = [studyKey ^ 1n, studyKey ^ (1n << 40n)].map(pathOf);
const ring = puncture(wholeRing(randomBytes(32)), [pathOf(studyKey ^ 2n)]);
const study = studyNodeOf(ring, studyKey)!;
const site = { chainId: BigInt(randomInt(2 ** 40)), contract: randomBytes(20), siteId: randomInt(2 ** 32) };
const consortium = { chainId: site.chainId, consortium: randomBytes(20) };
const imageKey = imageKeyOf(study, SOPInstanceUID);
const keysOf = (role: Role) => bodyKeys(study, { ...site, role, imageKey });

function madeBody(role: Role, contentBytes: number): Body {
  const content = randomBytes(contentBytes);
  const zeros = Buffer.alloc(padmeByteCount(contentBytes) - contentBytes);
  const padded = role === ROLE.instance ? Buffer.concat([content, zeros]) : padSmallBody(content);
  const body = bodyOf(keysOf(role), { scheme: ENCRYPTED_SCHEME, role }, padded);
  return { role, contentBytes, body: body.toString('base64'), sha256: sha256(content) };
}

/** Signs as an account does; its public key as 65 bytes. */
function makeSender() {
  const key = createECDH('secp256k1');
  const point = key.generateKeys();
  const privateKey = Buffer.concat([Buffer.alloc(32), key.getPrivateKey()]).subarray(-32);
  return { point, sign: (digest: Buffer) => signDigest(digest, privateKey) };
}

describe('The vectors', () => {
  it('are those that the Python program makes, which opens and refuses them', () => {
    expect(run('make_vectors', ['--check']).toString()).toMatch(/^9 files of vectors are right; 30 bodies were/);
  });
});

describe('Node and Python', () => {
  const bodies = [
    madeBody(ROLE.header, 3_000),
    madeBody(ROLE.preview, 20_000),
    madeBody(ROLE.instance, 65_536 * 3 + 17),
  ];
  const json = (value: unknown): string =>
    JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? Number(one) : one));
  const hexed = <T extends Record<string, unknown>>(value: T) =>
    Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, Buffer.isBuffer(one) ? one.toString('hex') : one]),
    );

  it('open each other’s bodies, files, backups, card keys and letters, made from what was drawn just now', async () => {
    const [ours, theirs, sender] = [await makeCardKeys(), await makeCardKeys(), makeSender()];
    const [from, to, ringId] = [site.siteId, randomInt(2 ** 32), randomBytes(16)];
    const [fileKey, backupKey] = [randomBytes(32), randomBytes(32)];
    const held = { owner: { ...consortium, siteId: from }, rings: [{ siteId: from, ringId, ring }] };
    const letter = { ...consortium, from, to, ringId, ring };
    const cardKeys = [ours, theirs].map((keys, i) => ({ ...keys, madeAt: 1_764_547_200_000 + i }));
    const compared = { ...held.owner, publishedBy: randomBytes(20) };
    const request = {
      ...{ ring: hexOfRing(ring), studyKey: studyKey.toString(16), SOPInstanceUID, scheme: ENCRYPTED_SCHEME, erased },
      owner: hexed(site),
      bodies: bodies.map(({ role, body, contentBytes }) => ({ role, body, content_bytes: contentBytes })),
      file: writeRingsFile('ring', held, { fileKey, wrappedKey: randomBytes(20) }).toString('hex'),
      fileKey: fileKey.toString('hex'),
      backup: writeRingsFile('backup', held, { fileKey: backupKey }).toString('hex'),
      backupKey: backupKey.toString('hex'),
      shares: (await sharesOfKey(backupKey)).slice(1),
      letter: {
        head: hexed({ ...consortium, from, to, ringId }),
        card: theirs.privateKey.toString('hex'),
        sender: sender.point.toString('hex'),
        bytes: (await writeLetter(letter, { cardKey: theirs.publicKey, sign: sender.sign })).toString('hex'),
      },
      archive: hexed(held.owner),
      head: hexed({ ...consortium, from, to }),
      card: ours.publicKey.toString('hex'),
      cardFile: writeCardKeysFile({ owner: held.owner, cardKeys }, { fileKey, wrappedKey: randomBytes(30) }).toString(
        'hex',
      ),
      compared: hexed(compared),
    };
    const { opened, made } = JSON.parse(run('exchange', [], json(request)).toString()) as Answer;

    expect(opened.bodies).toEqual(bodies.map((body) => body.sha256));
    const rings = Buffer.concat([Buffer.alloc(4), ringId, fromHex(hexOfRing(ring))]);
    rings.writeUInt32BE(from);
    expect(opened).toMatchObject({
      ...{ file: rings.toString('hex'), backup: rings.toString('hex'), words: wordsOfKey(backupKey) },
      ...{ letter: hexOfRing(ring), punctured: hexOfRing(puncture(ring, erased)) },
      ...{ cards: cardKeys.map(rowOf), fingerprint: cardFingerprint({ ...compared, cardKey: ours.publicKey }) },
    });

    for (const { role, contentBytes, body, sha256: wanted } of made.bodies) {
      const cells = decryptBody(keysOf(role), { scheme: ENCRYPTED_SCHEME, role }, Buffer.from(body, 'base64'));
      const plaintext = Buffer.concat(cells as Buffer[]);
      const content = role === ROLE.instance ? withoutPadding(plaintext, contentBytes) : unpadSmallBody(plaintext);
      expect(sha256(content)).toBe(wanted);
    }
    const file = fromHex(made.file);
    expect(readRingsFileHead('ring', file)).toEqual({ owner: held.owner, wrappedKey: Buffer.from('wrapped') });
    expect(readRingsFile('ring', file, fromHex(made.fileKey)).map((one) => hexOfRing(one.ring))).toEqual([
      made.fileRing,
    ]);
    const cards = readCardKeysFile(fromHex(made.cardFile), fromHex(made.cardFileKey));
    expect(cards.map(rowOf)).toEqual([made.cardRow]);
    const account = computeAddress(`0x${made.sender}`).toLowerCase() as `0x${string}`;
    const isSignedBy = (_: number, digest: Buffer, signature: Buffer) =>
      accountsOfSignature(digest, signature).includes(account);
    const read = await readLetter(fromHex(made.letter), { ...consortium, to, card: ours, isSignedBy });
    expect([hexOfRing(read.ring), read.ringId.toString('hex'), read.from]).toEqual([
      made.letterRing,
      made.ringId,
      from,
    ]);
  });

  it('open_body.py opens a body by 80 lines of its own', () => {
    const { role, body, contentBytes, sha256: wanted } = bodies[2]!;
    const request = {
      ...hexed(site),
      study: study.toString('hex'),
      SOPInstanceUID,
      scheme: ENCRYPTED_SCHEME,
      role,
      body,
    };
    expect(sha256(run('open_body', [], json(request)).subarray(0, contentBytes))).toBe(wanted);
    const stranger = { ...request, siteId: (site.siteId + 1) % 2 ** 32 };
    expect(() => run('open_body', [], json(stranger))).toThrow('not-our-key');
    const lines = readFileSync('conformance/vectors/open_body.py', 'utf8').split('\n').length - 1;
    expect(lines).toBeLessThanOrEqual(80);
  });
});
