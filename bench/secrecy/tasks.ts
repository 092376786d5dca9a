import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { seeded } from '../../conformance/testing/seeded.js';
import { accountsOfSignature, signDigest } from '../../src/ledger/keys/sign-digest.js';
import { accountOf } from '../../src/ledger/keys/sign.js';
import { decryptBodyCell, ENCRYPTED_SCHEME, encryptBodyCell } from '../../src/secrecy/body.js';
import { bodyKeys, imageKeyOf, ROLE } from '../../src/secrecy/body-keys.js';
import { CELL_BYTES } from '../../src/secrecy/cell-range.js';
import { derive } from '../../src/secrecy/labels.js';
import { makeCardKeys } from '../../src/secrecy/hpke.js';
import { readLetter, writeLetter } from '../../src/secrecy/letter.js';
import { puncture, studyNodeOf, wholeRing } from '../../src/secrecy/ring.js';
import { readRingsFile, writeRingsFile } from '../../src/secrecy/rings-file.js';
import { pathOf } from '../../src/secrecy/tree.js';
import { makeLetterTasks } from './letter-tasks.js';

/** Something that is measured. */
export interface Task {
  name: string;
  /** Does it once. */
  run: () => unknown;
  /** So often in a row, each time that it is measured. */
  repeats: number;
  /** Of one time. When given, the figure is MB/s. */
  byteCount?: number;
  /** Whether it is also measured how long nothing else gets its turn meanwhile. */
  standsStill?: boolean;
}

/** Studies of one incarnation, as far as they are numbered, of which a tenth is erased here and there. */
const STUDIES = 1_000_000;
export const ERASED = 100_000;
const first = 0x0123_4567n << 32n;

/** What does not depend on how much was erased. */
export async function makeTasks(): Promise<Task[]> {
  const root = randomBytes(32);
  const whole = wholeRing(root);
  const study = studyNodeOf(whole, 1n)!;
  const imageKey = imageKeyOf(study, '1.2.3');
  const owner = { role: ROLE.instance, chainId: 1n, contract: randomBytes(20), siteId: 1, imageKey };
  const keys = bodyKeys(study, owner);
  const form = { scheme: ENCRYPTED_SCHEME, role: ROLE.instance, byteCount: CELL_BYTES };
  const plaintext = randomBytes(CELL_BYTES);
  const cell = encryptBodyCell(keys, form, 0, plaintext);

  const consortium = { chainId: 1n, consortium: randomBytes(20) };
  const ringId = randomBytes(16);
  const card = await makeCardKeys();
  const senderKey = randomBytes(32);
  const account = accountOf(senderKey);
  const sign = (digest: Buffer): Buffer => signDigest(digest, senderKey);
  const letter = {
    ...consortium,
    from: 1,
    to: 2,
    ringId,
    ring: puncture(
      whole,
      Array.from({ length: 10 }, (_, i) => pathOf(first + BigInt(i * 7_919))),
    ),
  };
  const letterBytes = await writeLetter(letter, { cardKey: card.publicKey, sign });
  const isSignedBy = (_: number, digest: Buffer, signature: Buffer): boolean =>
    accountsOfSignature(digest, signature).includes(account);

  const gcm = (): unknown => {
    const cipher = createCipheriv('aes-256-gcm', keys.aesKey, cell.subarray(0, 12));
    return [cipher.update(plaintext), cipher.final(), cipher.getAuthTag()];
  };
  const gcmBack = (): unknown => {
    const decipher = createDecipheriv('aes-256-gcm', keys.aesKey, cell.subarray(0, 12));
    return decipher.setAuthTag(cell.subarray(-16)).update(cell.subarray(12, -16));
  };
  return [
    { name: "a study's node: 64 steps from the root", run: () => studyNodeOf(whole, 1n), repeats: 200 },
    { name: 'one key by HKDF', run: () => derive(study, 'image'), repeats: 1_000 },
    { name: 'image key', run: () => imageKeyOf(study, '1.2.3'), repeats: 1_000 },
    { name: "a body's three keys", run: () => bodyKeys(study, owner), repeats: 300 },
    {
      name: 'encrypt a cell of 64 KiB',
      run: () => encryptBodyCell(keys, form, 0, plaintext),
      repeats: 200,
      byteCount: CELL_BYTES,
    },
    { name: '… AES-256-GCM alone, with a given nonce', run: gcm, repeats: 200, byteCount: CELL_BYTES },
    { name: 'decrypt it', run: () => decryptBodyCell(keys, form, 0, cell), repeats: 200, byteCount: CELL_BYTES },
    { name: '… AES-256-GCM alone', run: gcmBack, repeats: 200, byteCount: CELL_BYTES },
    {
      name: 'write a letter with ten erasures',
      run: () => writeLetter(letter, { cardKey: card.publicKey, sign }),
      repeats: 3,
    },
    { name: 'read it', run: () => readLetter(letterBytes, { ...consortium, to: 2, card, isSignedBy }), repeats: 3 },
  ];
}

/** What depends on it. The ring alone makes garbage collection dear, so the others are measured without it. */
export async function makeLargeTasks(): Promise<{ tasks: Task[]; ringNodes: number; ringBytes: number }> {
  const root = randomBytes(32);
  const whole = wholeRing(root);
  const random = seeded(17);
  const erased = new Set<number>();
  while (erased.size < ERASED) erased.add(random.whole(0, STUDIES - 1));
  const paths = Array.from(erased, (serial) => pathOf(first + BigInt(serial)));
  const large = puncture(whole, paths);
  const studyKeys = Array.from({ length: STUDIES }, (_, serial) => first + BigInt(serial));
  const kept = studyKeys.find((_, serial) => !erased.has(serial))!;
  const fileKey = randomBytes(32);
  const owner = { chainId: 1n, consortium: randomBytes(20), siteId: 1 };
  const held = { owner, rings: [{ siteId: 1, ringId: randomBytes(16), ring: large }] };
  const file = writeRingsFile('ring', held, { fileKey });
  const tasks: Task[] = [
    { name: 'a node from the large ring', run: () => studyNodeOf(large, kept), repeats: 200 },
    { name: 'erase one study of the large ring', run: () => puncture(large, [pathOf(kept)]), repeats: 1 },
    { name: 'write its file', run: () => writeRingsFile('ring', held, { fileKey }), repeats: 1 },
    { name: 'read its file', run: () => readRingsFile('ring', file, fileKey), repeats: 1 },
    ...(await makeLetterTasks({ root, ring: large, erased: paths, studyKeys })),
  ];
  return { tasks, ringNodes: large.size, ringBytes: file.length };
}
