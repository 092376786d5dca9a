import { describe, expect, it } from '@jest/globals';
import { readConfig } from './config.js';
import { storesDeidentifiedOnly } from './stores-deidentified-only.js';

const embedded = {};
const network = {
  LEDGER_URL: 'http://127.0.0.1:8545',
  LEDGER_CONTRACT: `0x${'12'.repeat(20)}`,
  SITE_KEY: 'ab'.repeat(32),
  KEY_COMMAND: '/usr/bin/wrap',
};
const stores = (settings: Record<string, string>, release: 1 | 2): boolean =>
  storesDeidentifiedOnly(readConfig(settings), { release });

describe('storesDeidentifiedOnly', () => {
  it('is so by itself where all members can read what is written: on a network, into release 1', () => {
    expect(stores(network, 1)).toBe(true);
    expect(stores({ ...network, DEIDENTIFIED_ONLY: '' }, 1)).toBe(true);
    expect(stores(network, 2)).toBe(false);
    expect(stores(embedded, 1)).toBe(false);
    expect(stores(embedded, 2)).toBe(false);
  });

  it.each([1, 2] as const)('is what is set, whatever is written to: release %d', (release) => {
    for (const settings of [embedded, network]) {
      expect(stores({ ...settings, DEIDENTIFIED_ONLY: 'on' }, release)).toBe(true);
      expect(stores({ ...settings, DEIDENTIFIED_ONLY: 'off' }, release)).toBe(false);
    }
  });
});
