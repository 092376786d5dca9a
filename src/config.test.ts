import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { readConfig, settings } from './config.js';

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

  it('names all faults together', () => {
    const faulty = { PORT: 'http', STORE_ACK: 'soon', LEDGER_CONTRACT: '0x12' };
    expect(() => readConfig(faulty)).toThrow(/PORT="http".*LEDGER_CONTRACT="0x12".*STORE_ACK="soon"/);
    expect(() => readConfig(faulty)).toThrow(expect.objectContaining({ code: 'misconfigured' }));
  });
});

describe('The settings in the README', () => {
  it('are those of the program, with their defaults and sentences', () => {
    const readme = readFileSync('README.md', 'utf8').replace(/ +/g, ' ');
    const rows = Object.entries(settings).map(([key, { default: fallback, unit, sentence }]) => {
      return `| \`${key}\` | ${fallback === undefined ? 'unset' : fallback === '' ? 'empty' : `\`${fallback}\``} | ${unit}. ${sentence} |`;
    });
    expect(rows.filter((row) => !readme.includes(row))).toEqual([]);
  });
});
