import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { readConfig, SETTINGS } from './config.js';

describe('readConfig', () => {
  it('gives every setting its default', () => {
    const config = readConfig({});
    expect(config).toMatchObject({
      PORT: 8080,
      HOST: '127.0.0.1',
      PIECE_BYTES: 30720,
      STORE_ACK: 'sealed',
      EMBEDDED_PERIOD_MS: 0,
    });
    expect(config.LEDGER_URL).toBeUndefined();
    expect(config.MAX_INSTANCE_BYTES).toBe(2 ** 31);
  });

  it('takes lists apart and treats an empty value as unset', () => {
    const config = readConfig({
      CORS_ORIGINS: 'https://a.example, https://b.example',
      PUBLIC_URL: 'https://pacs.example/',
      PORT: '',
    });
    expect(config.CORS_ORIGINS).toEqual(['https://a.example', 'https://b.example']);
    expect(config.PUBLIC_URL).toBe('https://pacs.example');
    expect(config.PORT).toBe(8080);
  });

  it('takes a number at its bounds and refuses it beyond', () => {
    expect(readConfig({ PIECE_BYTES: '30720' }).PIECE_BYTES).toBe(30720);
    expect(readConfig({ PIECE_BYTES: '1' }).PIECE_BYTES).toBe(1);
    for (const value of ['30721', '0', '1e3', '-1', 'x'])
      expect(() => readConfig({ PIECE_BYTES: value })).toThrow(`PIECE_BYTES="${value}"`);
  });

  const network = {
    LEDGER_URL: 'http://127.0.0.1:8545, wss://node.example',
    LEDGER_CONTRACT: `0x${'12'.repeat(20)}`,
    SITE_KEYSTORE_FILE: 'site.json',
    SITE_PASSWORD_FILE: 'password',
  };
  const SITE_KEY = 'ab'.repeat(32);

  it('takes what a site of a network needs, with a keystore or the key itself', () => {
    expect(readConfig(network).LEDGER_URL).toEqual(['http://127.0.0.1:8545', 'wss://node.example']);
    expect(readConfig({ ...network, SITE_KEYSTORE_FILE: '', SITE_KEY }).SITE_KEY).toBe(SITE_KEY);
    expect(readConfig({ SEALED_DEPTH: '1', FINAL_DEPTH: '1' }).FINAL_DEPTH).toBe(1);
  });

  it('names everything that LEDGER_URL needs besides', () => {
    expect(() => readConfig({ LEDGER_URL: network.LEDGER_URL })).toThrow(
      /LEDGER_CONTRACT is unset.*SITE_KEYSTORE_FILE is unset/,
    );
    for (const key of ['LEDGER_CONTRACT', 'SITE_KEYSTORE_FILE', 'SITE_PASSWORD_FILE'])
      expect(() => readConfig({ ...network, [key]: undefined })).toThrow(
        new RegExp(`changed: ${key} is unset[^;]*\\.$`, 's'),
      );
  });

  it('names what does not go together', () => {
    expect(() => readConfig({ ...network, SITE_KEY })).toThrow('SITE_KEY and SITE_KEYSTORE_FILE are both set');
    expect(() => readConfig({ FINAL_DEPTH: '2' })).toThrow('FINAL_DEPTH="2" needs LEDGER_URL');
    const CATALOG_URL = 'postgres://user@localhost/catalogue';
    expect(() => readConfig({ CATALOG_URL, READERS: '2' })).toThrow('READERS="2" cannot be had with CATALOG_URL');
    expect(readConfig({ CATALOG_URL, READERS: '0' }).READERS).toBe(0);
  });

  it.each(['secret', 'ab'.repeat(31)])('refuses SITE_KEY "%s" without naming it', (key) => {
    const reading = (): unknown => readConfig({ ...network, SITE_KEYSTORE_FILE: '', SITE_KEY: key });
    expect(reading).toThrow('SITE_KEY is not 64 hex digits');
    expect(reading).not.toThrow(key);
  });

  it('names all faults together', () => {
    const faulty = { PORT: 'http', STORE_ACK: 'soon', LEDGER_CONTRACT: '0x12' };
    expect(() => readConfig(faulty)).toThrow(/PORT="http".*LEDGER_CONTRACT="0x12".*STORE_ACK="soon"/);
    expect(() => readConfig(faulty)).toThrow(expect.objectContaining({ code: 'misconfigured' }));
  });
});

describe('The settings in docs/operations/settings.md', () => {
  it('are those of the program, with their defaults and sentences', () => {
    const page = readFileSync('docs/operations/settings.md', 'utf8').replace(/ +/g, ' ');
    const rows = Object.entries(SETTINGS).map(([key, { default: fallback, unit, sentence }]) => {
      return `| \`${key}\` | ${fallback === undefined ? 'unset' : fallback === '' ? 'empty' : `\`${fallback}\``} | ${unit}. ${sentence} |`;
    });
    expect(rows.filter((row) => !page.includes(row))).toEqual([]);
  });

  it('are all there are: the page names none that the program does not read', () => {
    const named = readFileSync('docs/operations/settings.md', 'utf8').matchAll(/^\| `([A-Z_]+)`/gm);
    expect([...named].map(([, key]) => key)).toEqual(Object.keys(SETTINGS));
  });
});
