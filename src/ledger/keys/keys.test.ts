import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { loadOrCreateKey } from './keys.js';

describe('loadOrCreateKey', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'keys-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('makes a key that only its owner can read, and finds it again', async () => {
    const file = path.join(folder, 'site.key');
    const key = await loadOrCreateKey(file);
    expect(key).toHaveLength(32);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await loadOrCreateKey(file)).toEqual(key);
  });

  it.each(['', 'zz', 'ab'.repeat(31), 'ab'.repeat(33), '00'.repeat(32), 'ff'.repeat(32)])(
    'refuses a file that holds %j',
    async (text) => {
      const file = path.join(folder, 'site.key');
      await writeFile(file, text);
      await expect(loadOrCreateKey(file)).rejects.toMatchObject({ code: 'misconfigured' });
    },
  );
});
