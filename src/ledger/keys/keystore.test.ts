import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Wallet } from 'ethers';
import { createKeystore, readKeystore } from './keystore.js';
import { accountOf } from './sign.js';

const scryptN = 1024;
let folder: string;
const files = (name = 'site') => ({
  file: path.join(folder, `${name}.json`),
  passwordFile: path.join(folder, 'password'),
});

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'keystore-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('createKeystore', () => {
  it('makes a keystore and a password that only their owner can read, and nothing else', async () => {
    const account = await createKeystore({ ...files(), scryptN });
    expect(account).toMatch(/^0x[0-9a-f]{40}$/);
    expect((await readdir(folder)).sort()).toEqual(['password', 'site.json']);
    for (const file of Object.values(files())) expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readFile(files().passwordFile, 'utf8')).trim().length).toBeGreaterThanOrEqual(32);
  });

  it('makes what other wallets open, at the usual cost', async () => {
    const account = await createKeystore(files());
    const json = await readFile(files().file, 'utf8');
    const { crypto } = JSON.parse(json.toLowerCase()) as { crypto: { kdfparams: object } };
    expect(crypto.kdfparams).toMatchObject({ n: 131_072, r: 8, p: 1 });
    const wallet = await Wallet.fromEncryptedJson(json, (await readFile(files().passwordFile, 'utf8')).trim());
    expect(wallet.address.toLowerCase()).toBe(account);
  });

  it('lets several keys made at once share a password', async () => {
    const names = ['a', 'b', 'c'];
    const accounts = await Promise.all(names.map((name) => createKeystore({ ...files(name), scryptN })));
    const keys = await Promise.all(names.map((name) => readKeystore(files(name))));
    expect(keys.map(accountOf)).toEqual(accounts);
    expect(new Set(accounts).size).toBe(3);
  });

  it('never overwrites a key, also when two are made at once', async () => {
    const made = await Promise.allSettled([1, 2].map(() => createKeystore({ ...files(), scryptN })));
    expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const before = await readFile(files().file, 'utf8');
    await expect(createKeystore({ ...files(), scryptN })).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringContaining(files().file),
    });
    expect(await readFile(files().file, 'utf8')).toBe(before);
  });

  it('says which folder is missing', async () => {
    const file = path.join(folder, 'nowhere', 'site.json');
    await expect(createKeystore({ ...files(), file, scryptN })).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringContaining(file),
    });
  });
});

describe('readKeystore', () => {
  it.each(['\n', '\r\n', '', '\nsecond line\n'])(
    'takes the first line of the password file (before %j)',
    async (end) => {
      await writeFile(files().passwordFile, `pässword with spaces ${end}`);
      const account = await createKeystore({ ...files(), scryptN });
      const key = await readKeystore(files());
      expect(accountOf(key)).toBe(account);
      const wallet = await Wallet.fromEncryptedJson(await readFile(files().file, 'utf8'), 'pässword with spaces ');
      expect(wallet.privateKey).toBe(`0x${key.toString('hex')}`);
    },
  );

  it('keeps the event loop free while it decrypts', async () => {
    await createKeystore(files());
    let turns = 0;
    const clock = setInterval(() => turns++, 5);
    await readKeystore(files());
    clearInterval(clock);
    expect(turns).toBeGreaterThan(10);
  });

  const secret = 'x7-the-password';
  it.each([
    ['another password', async () => writeFile(files().passwordFile, secret), 'password'],
    ['no password file', async () => rm(files().passwordFile), 'password'],
    ['an empty password file', async () => writeFile(files().passwordFile, '\nsecond'), 'password'],
    ['no keystore', async () => rm(files().file), 'site.json'],
    ['a raw key', async () => writeFile(files().file, secret), 'site.json'],
    ['other JSON', async () => writeFile(files().file, `{"version":1,"key":"${secret}"}`), 'site.json'],
    ['a keystore without content', async () => writeFile(files().file, '{"version":3}'), 'site.json'],
  ])('refuses %s with a sentence that names the file', async (_what, spoil, named) => {
    await createKeystore({ ...files(), scryptN });
    await spoil();
    const error = await readKeystore(files()).catch((refusal: Error) => refusal);
    expect(error).toMatchObject({ code: 'misconfigured', message: expect.stringContaining(path.join(folder, named)) });
    expect(String((error as Error).stack)).not.toContain(secret);
  });

  it('refuses a keystore that was changed', async () => {
    await createKeystore({ ...files(), scryptN });
    const text = await readFile(files().file, 'utf8');
    const changed = text.replace(/"ciphertext":"[0-9a-f]{64}"/, `"ciphertext":"${randomBytes(32).toString('hex')}"`);
    expect(changed).not.toBe(text);
    await writeFile(files().file, changed);
    await expect(readKeystore(files())).rejects.toMatchObject({ code: 'misconfigured' });
  });
});
