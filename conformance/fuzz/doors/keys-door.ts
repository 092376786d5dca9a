import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { backUpKeys, readBackup, readBackupOwner } from '../../../src/keyring/backup.js';
import { backupKeyOfText, isWholeBackupKey } from '../../../src/keyring/backup-key-of-text.js';
import { readBackupState } from '../../../src/keyring/backup-state.js';
import { createKeyWrapping } from '../../../src/keyring/key-wrapping.js';
import { openKeyring } from '../../../src/keyring/open-keyring.js';
import { readRingFile } from '../../../src/keyring/ring-file.js';
import { readWritingState } from '../../../src/keyring/writing-state.js';
import { pathOf } from '../../../src/secrecy/tree.js';
import type { Door } from '../door.js';
import { requireThat, throwsOnly } from '../find.js';
import { mutateBytes } from '../mutate-bytes.js';

const OWNER = { chainId: 53_696n, consortium: Buffer.alloc(20, 1), siteId: 1 };
const NOW = new Date('2026-11-28');

/** What a door can be given, by where it is put: a key is not given to each of them. */
type Kind = 'rings' | 'backup' | 'wrapped' | 'writing.json' | 'backup.json' | 'words';

/**
 * The files of the keys, their backup, and what a person types to open it, damaged: a file that is not as it was written is refused and
 * stays as it is, and never gives another key.
 */
export async function openKeysDoor(): Promise<Door> {
  const folder = await mkdtemp(path.join(tmpdir(), 'dicom-ledger-fuzz-keys-'));
  const keys = path.join(folder, 'keys');
  const backup = path.join(folder, 'backup');
  const wrapping = createKeyWrapping({ allowsClear: true });
  const keyring = await openKeyring({ folder: keys, owner: OWNER, wrapping });
  await keyring.writeTo((await keyring.newRing(NOW)).ringId);
  await keyring.newRing(new Date('2027-11-28'));
  await keyring.puncture({ siteId: 1 }, [pathOf(5n)]);
  const printed = await backUpKeys({ folder: keys, wrapping }, { file: backup, form: 'words', now: NOW });
  await keyring.close();
  const words = printed.form === 'words' ? printed.words : '';
  const key = await backupKeyOfText(words);
  const passphraseFile = path.join(folder, 'passphrase');
  await writeFile(passphraseFile, 'correct horse battery staple', { mode: 0o600 });
  const byPassphrase = createKeyWrapping({ passphraseFile, allowsClear: false });

  const files: Record<Exclude<Kind, 'words' | 'wrapped'>, string> = {
    rings: path.join(keys, 'rings'),
    backup,
    'writing.json': path.join(keys, 'writing.json'),
    'backup.json': path.join(keys, 'backup.json'),
  };
  const whole: Record<Kind, Buffer> = {
    rings: await readFile(files.rings),
    backup: await readFile(files.backup),
    wrapped: await byPassphrase.wrap(key),
    'writing.json': await readFile(files['writing.json']),
    'backup.json': await readFile(files['backup.json']),
    words: Buffer.from(words),
  };
  const kinds = Object.keys(whole) as Kind[];
  const written = async (kind: keyof typeof files, bytes: Buffer): Promise<string> => {
    await writeFile(files[kind], bytes);
    return files[kind];
  };

  /** What the bytes give, or undefined when they are refused. */
  const read: Record<Kind, (bytes: Buffer) => Promise<unknown>> = {
    rings: async (bytes) => {
      const file = await written('rings', bytes);
      const found = await throwsOnly(['misconfigured'], () => readRingFile(keys, wrapping));
      requireThat((await readFile(file)).equals(bytes), 'A ring file was changed by reading it.');
      return found;
    },
    backup: async (bytes) => {
      const file = await written('backup', bytes);
      await throwsOnly(['bad-request'], () => readBackupOwner(file));
      return throwsOnly(['bad-request'], () => readBackup(file, key));
    },
    wrapped: (bytes) => throwsOnly(['misconfigured', 'corrupt'], () => byPassphrase.unwrap(bytes)),
    'writing.json': async (bytes) => {
      await written('writing.json', bytes);
      return throwsOnly(['misconfigured'], () => readWritingState(keys));
    },
    'backup.json': async (bytes) => {
      await written('backup.json', bytes);
      return throwsOnly(['misconfigured'], () => readBackupState(keys));
    },
    words: async (bytes) => {
      isWholeBackupKey(bytes.toString());
      return throwsOnly(['bad-request'], () => backupKeyOfText(bytes.toString()));
    },
  };
  /** Those that nobody can change without being found out. */
  const isSealed = (kind: Kind): boolean => kind === 'rings' || kind === 'backup';

  return {
    make: async (random) => {
      // One in a hundred takes half a second, which is scrypt's.
      const kind = random.once(100) ? 'wrapped' : random.pick(kinds.filter((one) => one !== 'wrapped'));
      return { label: kind, bytes: mutateBytes(random, whole[kind], whole[random.pick(kinds)]) };
    },
    run: async ({ label, bytes }) => {
      const kind = label as Kind;
      const found = await read[kind](bytes);
      const isSame = bytes.equals(whole[kind]);
      if (isSealed(kind)) requireThat((found !== undefined) === isSame, `A ${kind} file was opened that was changed.`);
    },
    inspect: async () => {
      for (const kind of kinds)
        requireThat((await read[kind](whole[kind])) !== undefined, `What was written as ${kind} is not read any more.`);
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
