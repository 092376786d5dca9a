import { afterAll, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openSitePseudonyms } from './open-site-pseudonyms.js';

const DATA_DIR = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-pseudonyms-'));
afterAll(() => rmSync(DATA_DIR, { recursive: true, force: true }));

const own = path.join(DATA_DIR, 'consortium.key');
const network = { DATA_DIR, LEDGER_URL: ['http://127.0.0.1:8545'], CONSORTIUM_KEY_FILE: undefined };
const embedded = { ...network, LEDGER_URL: undefined };

describe('openSitePseudonyms', () => {
  it('needs no key, and makes none, where no contract of release 1 is read', async () => {
    for (const config of [network, embedded, { ...network, CONSORTIUM_KEY_FILE: '/nowhere/key' }])
      expect(await openSitePseudonyms(config, { releases: [2] })).toBeUndefined();
    expect(existsSync(own)).toBe(false);
  });

  it('wants the key of the others on a network, also for a former contract', async () => {
    for (const releases of [[1], [2, 1]] as const)
      await expect(openSitePseudonyms(network, { releases })).rejects.toMatchObject({
        code: 'misconfigured',
        message: expect.stringContaining('CONSORTIUM_KEY_FILE is unset'),
      });
    const CONSORTIUM_KEY_FILE = path.join(DATA_DIR, 'given.key');
    const given = { ...network, CONSORTIUM_KEY_FILE };
    await expect(openSitePseudonyms(given, { releases: [1] })).rejects.toMatchObject({ code: 'misconfigured' });
    writeFileSync(CONSORTIUM_KEY_FILE, '5'.repeat(64), { mode: 0o600 });
    expect(await openSitePseudonyms(given, { releases: [2, 1] })).toBeDefined();
    expect(existsSync(own)).toBe(false);
  });

  it('makes one beside the embedded chain', async () => {
    const first = await openSitePseudonyms(embedded, { releases: [1] });
    expect(existsSync(own)).toBe(true);
    const again = await openSitePseudonyms(embedded, { releases: [1] });
    expect(again!.imageKey('1.2')).toBe(first!.imageKey('1.2'));
  });
});
