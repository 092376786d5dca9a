// About 25 s.
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lockFolder } from '../../src/base/folder-lock.js';
import { createKeyWrapping } from '../../src/keyring/key-wrapping.js';
import type { Keyring } from '../../src/keyring/keyring.js';
import { openKeyring } from '../../src/keyring/open-keyring.js';
import { wholeRing } from '../../src/secrecy/ring.js';
import type { RingsOwner } from '../../src/secrecy/rings-file.js';
import { main } from '../testing/command-line.js';

/** Of a network, where keys never lie in the clear. */
const OWNER: RingsOwner = { chainId: 987_654n, consortium: Buffer.alloc(20, 0xc0), siteId: 7 };
/** Each command takes a second or more on a busy machine. */
const TIMEOUT_MS = 180_000;
const FOREIGN = { siteId: 9, ringId: Buffer.alloc(16, 9) };

let folder: string;
let passphraseFile: string;
let dataFolder: string;
let keyring: Keyring;

const open = (data: string): Promise<Keyring> =>
  openKeyring({
    folder: path.join(data, 'keys'),
    owner: OWNER,
    wrapping: createKeyWrapping({ passphraseFile, allowsClear: false }),
  });

beforeEach(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-keys-'));
  passphraseFile = path.join(folder, 'passphrase');
  writeFileSync(passphraseFile, 'correct horse battery staple\n', { mode: 0o600 });
  dataFolder = path.join(folder, 'data');
  keyring = await open(dataFolder);
  const { ringId } = await keyring.newRing(new Date('2026-11-28'));
  await keyring.writeTo(ringId);
  await keyring.merge(FOREIGN, wholeRing(randomBytes(32)), { erased: [] });
});
afterEach(async () => {
  await keyring.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs "dicom-ledger keys …" with what is typed to it. */
async function keys(args: string[], { typed = '', env = {} }: { typed?: string; env?: object } = {}): Promise<Ended> {
  const child = spawn(process.execPath, [main, 'keys', ...args], {
    env: { PATH: process.env['PATH'], DATA_DIR: dataFolder, KEY_PASSPHRASE_FILE: passphraseFile, ...env },
    stdio: 'pipe',
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdin.on('error', () => undefined);
  child.stdin.end(typed);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout, stderr };
}

/** All that lies below a folder, but for the lock: who closes a file has no lock on it any more (fcntl(2)). */
const textsBelow = (top: string): string[] =>
  readdirSync(top, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(top, name))
    .filter((file) => statSync(file).isFile() && path.basename(file) !== 'lock')
    .map((file) => readFileSync(file, 'latin1'));

describe('dicom-ledger keys', () => {
  it(
    'backs the keys up beside a running server, checks the words, and restores them elsewhere',
    async () => {
      const lock = lockFolder(dataFolder);
      const backup = path.join(folder, 'backup');
      const before = await keys(['status']);
      expect(before).toMatchObject({ code: 0, stderr: '' });
      expect(before.stdout).toContain(`site 7 in the consortium 0x${'c0'.repeat(20)} on chain 987654`);
      expect(before.stdout).toMatch(/^ring [0-9a-f]{32} of site 7: all of it, written to since 2026$/m);
      expect(before.stdout).toMatch(/^to do: .*dicom-ledger keys backup <file>/m);

      const made = await keys(['backup', backup]);
      expect(made.code).toBe(0);
      expect(made.stdout).toMatch(/^(([a-z]+ ){5}[a-z]+\n){4}$/);
      const words = made.stdout;
      expect(made.stderr).not.toContain(words.split('\n')[0]);
      for (const text of textsBelow(folder)) expect(text).not.toContain(words.split('\n')[0]);
      expect((await keys(['status'])).stdout).toContain('--copies-kept 2');
      expect((await keys(['backup', '--copies-kept', '2'])).code).toBe(0);
      expect((await keys(['status'])).stdout).toMatch(/^last backup: .*, 2 copies of its words kept$/m);
      expect((await keys(['status'])).stdout).not.toContain('to do');
      expect(await keyring.warnings()).toEqual([]);

      const checked = await keys(['restore', backup, '--check'], { typed: words });
      expect(checked).toMatchObject({ code: 0, stdout: 'The words open it. It has 2 rings.\n' });
      const refused = await keys(['restore', backup, '--merge'], { typed: words });
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('stop it first');
      lock.release();

      const other = path.join(folder, 'other');
      const restored = await keys(['restore', backup, '--data', other], { typed: words });
      expect(restored.code).toBe(0);
      expect(restored.stdout).toContain('Restored 2 rings');
      const again = await open(other);
      const own = { siteId: 7, ringId: keyring.writing!.ringId };
      for (const ring of [own, FOREIGN]) expect(again.studyNode(ring, 1n)).toEqual(keyring.studyNode(ring, 1n));
      await again.close();
    },
    TIMEOUT_MS,
  );

  it(
    'prints shares of which two restore the keys, and says when the third must be kept too',
    async () => {
      const backup = path.join(folder, 'backup');
      const made = await keys(['backup', backup, '--shares', '--copies-kept', '2']);
      const shares = made.stdout.trim().split('\n');
      expect(shares).toHaveLength(3);
      for (const share of shares) expect(share).toMatch(/^\d{1,3}( [a-z]+){24}$/);
      expect((await keys(['status'])).stdout).toContain('--copies-kept 3');
      const typed = `${shares[2]}\n${shares[0]}\n`;
      expect((await keys(['restore', backup, '--check'], { typed })).code).toBe(0);
      const alone = await keys(['restore', backup, '--check'], { typed: `${shares[2]}\n` });
      expect(alone.code).toBe(1);
      expect(alone.stderr).toContain('2 different shares');
    },
    TIMEOUT_MS,
  );

  it(
    'takes its settings out of a file',
    async () => {
      const settings = path.join(folder, 'settings');
      writeFileSync(settings, `DATA_DIR=${dataFolder}\nKEY_PASSPHRASE_FILE=${passphraseFile}\n`);
      const env = { DATA_DIR: '', KEY_PASSPHRASE_FILE: '' };
      expect((await keys(['status', '--settings', settings], { env })).code).toBe(0);
    },
    TIMEOUT_MS,
  );

  it(
    'says what to do instead of what would harm',
    async () => {
      const backup = path.join(folder, 'backup');
      const { stdout: words } = await keys(['backup', backup]);
      const fails = async (said: string, args: string[], more: Parameters<typeof keys>[1] = {}): Promise<void> => {
        const { code, stderr } = await keys(args, more);
        expect({ said, code, stderr }).toEqual({ said, code: 1, stderr: expect.stringContaining(said) });
      };
      await fails('is there already', ['backup', backup]);
      await fails('which the backup is to outlive', ['backup', path.join(dataFolder, 'backup')]);
      await fails('Give the file to write', ['backup']);
      await fails('It is a number of copies', ['backup', '--copies-kept', 'two']);
      await fails('With --merge', ['restore', backup], { typed: words });
      await fails('misspelt', ['restore', backup, '--check'], { typed: words.replace(/^\w+/, 'hospital') });
      await fails('There are no words', ['restore', backup, '--check']);
      await fails('no backup file', ['restore', path.join(dataFolder, 'keys', 'rings'), '--check']);
      await fails('There are no keys', ['status', '--data', path.join(folder, 'none')]);
      await fails('KEY_PASSPHRASE_FILE, which is unset', ['status'], { env: { KEY_PASSPHRASE_FILE: '' } });
      // Not even for a moment do keys of a network lie in the clear.
      const bare = { typed: words, env: { KEY_PASSPHRASE_FILE: '', DATA_DIR: path.join(folder, 'bare') } };
      await fails('must not lie in the clear', ['restore', backup], bare);
      expect((await keys(['restore', backup, '--merge'], { typed: words })).stdout).toContain(
        '2 rings were here already',
      );
    },
    TIMEOUT_MS,
  );
});
