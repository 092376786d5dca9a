import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { readConfig } from '../config.js';
import { backUpKeys, declareCopies } from '../keyring/backup.js';
import { inTheClear, type KeysBed, keysBed } from '../keyring/testing/keys-bed.js';
import { keyFiles } from './key-files.js';
import { foundBy } from './testing/found-by.js';

let bed: KeysBed;
beforeEach(() => {
  bed = keysBed();
});
afterEach(() => bed.remove());

const found = (settings: Record<string, string> = {}) =>
  foundBy(keyFiles(readConfig({ DATA_DIR: bed.folder, ...settings })));
const network = {
  LEDGER_URL: 'http://127.0.0.1:8545',
  LEDGER_CONTRACT: `0x${'12'.repeat(20)}`,
  SITE_KEYSTORE_FILE: 'site.json',
  SITE_PASSWORD_FILE: 'password',
  CONSORTIUM_KEY_FILE: 'consortium.key',
};

async function makeRing(): Promise<void> {
  const keyring = await bed.open();
  await keyring.newRing(new Date('2026-11-28'));
  await keyring.close();
}

describe('keyFiles', () => {
  it('has nothing to look at where there are no keys', async () => {
    expect(await found()).toEqual([expect.stringMatching(/^ok: There are no keys/)]);
  });

  it('warns until there is a backup whose key is kept twice', async () => {
    await makeRing();
    expect(await found()).toEqual([
      expect.stringMatching(/^ok: 1 rings .* in the clear\.$/),
      expect.stringMatching(/^warning: The keys of this archive have no backup/),
    ]);
    const file = path.join(bed.folder, 'backup');
    await backUpKeys({ folder: bed.keys, wrapping: inTheClear() }, { file, form: 'words', now: new Date() });
    await declareCopies(bed.keys, 2);
    expect(await found()).toHaveLength(1);
  });

  it('finds keys of a network that lie in the clear, and such as cannot be opened', async () => {
    await makeRing();
    expect((await found(network))[0]).toMatch(/^fault: The keys lie in the clear/);
    writeFileSync(path.join(bed.keys, 'rings'), 'damaged');
    expect(await found()).toEqual([expect.stringMatching(/^fault: The keys of this archive in .* cannot be opened\./)]);
  });
});
