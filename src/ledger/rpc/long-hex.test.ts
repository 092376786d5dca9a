import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { parseLongHex } from './long-hex.js';

const hex = (bytes: Buffer): string => `0x${bytes.toString('hex')}`;

describe('parseLongHex', () => {
  it('gives the bytes of long and short strings alike', () => {
    for (const size of [0, 1, 510, 511, 512, 513, 24_576]) {
      const codes = [randomBytes(size), randomBytes(24_576), randomBytes(size)];
      const text = JSON.stringify(codes.map((code, id) => ({ jsonrpc: '2.0', id, result: hex(code) })));
      const { value, bytesOf } = parseLongHex(Buffer.from(text));
      const answers = value as { id: number; result: string }[];
      expect(answers.map(({ id }) => id)).toEqual([0, 1, 2]);
      expect(answers.map(({ result }) => bytesOf(result))).toEqual(codes);
    }
  });

  it('leaves everything else as JSON has it', () => {
    const value = [
      { error: { code: -32000, message: `no "0x${'ab'.repeat(1_000)}" – ü` }, id: null },
      { result: null, id: 1 },
    ];
    expect(parseLongHex(Buffer.from(JSON.stringify(value, undefined, 2))).value).toEqual(value);
  });

  it('refuses what is cut off, no JSON, or no hex', () => {
    const text = JSON.stringify([{ id: 1, result: hex(randomBytes(2_000)) }]);
    expect(() => parseLongHex(Buffer.from(text.slice(0, -10)))).toThrow();
    expect(() => parseLongHex(Buffer.from(text.slice(0, -1)))).toThrow();
    expect(() => parseLongHex(Buffer.from(text.replace(/"}]$/, 'g0"}]')))).toThrow('hex');
    expect(() => parseLongHex(Buffer.from(text.replace(/"}]$/, '0"}]')))).toThrow('hex');
    const { bytesOf } = parseLongHex(Buffer.from('[]'));
    for (const none of ['#0', '0xg', '0x0', 'ab', null, 7]) expect(() => bytesOf(none)).toThrow('hex');
  });
});
