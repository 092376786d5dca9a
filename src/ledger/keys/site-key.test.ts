import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { createKeystore } from './keystore.js';
import { accountOf } from './sign.js';
import { readSiteKey } from './site-key.js';

let folder: string;
let logged: string[];
const log = pino({}, { write: (line: string) => void logged.push(line) });
const none = { keystoreFile: undefined, passwordFile: undefined, rawKey: undefined };

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'site-key-'));
  logged = [];
});
afterEach(() => rm(folder, { recursive: true }));

describe('readSiteKey', () => {
  it('takes the key of a keystore without a word', async () => {
    const [keystoreFile, passwordFile] = [path.join(folder, 'site.json'), path.join(folder, 'password')];
    const account = await createKeystore({ file: keystoreFile, passwordFile, scryptN: 1024 });
    expect(accountOf(await readSiteKey({ log }, { ...none, keystoreFile, passwordFile }))).toBe(account);
    expect(logged).toEqual([]);
  });

  it('takes a raw key with a warning that does not name it', async () => {
    const key = randomBytes(32);
    const rawKey = key.toString('hex');
    expect(await readSiteKey({ log }, { ...none, rawKey })).toEqual(key);
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain('SITE_KEY');
    expect(logged[0]).toContain(accountOf(key));
    expect(logged[0]).not.toContain(rawKey);
  });

  it('refuses a number that is no key, without naming it', async () => {
    const rawKey = 'f'.repeat(64);
    const reading = readSiteKey({ log }, { ...none, rawKey });
    await expect(reading).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.not.stringContaining(rawKey),
    });
  });

  it('names the commands that make one, and makes none', async () => {
    await expect(readSiteKey({ log }, none)).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringMatching(/key new.*site admit/),
    });
    expect(await readdir(folder)).toEqual([]);
  });
});
