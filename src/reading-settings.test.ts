import { describe, expect, it } from '@jest/globals';
import { readConfig } from './config.js';
import { readersOf } from './reading-settings.js';

describe('readersOf', () => {
  it.each([
    [1, 0],
    [2, 0],
    [3, 1],
    [8, 6],
    [64, 8],
  ])('leaves two of %d processors to the owner: %d readers', (processors, count) => {
    expect(readersOf(readConfig({}), processors)).toBe(count);
  });

  it('does what is set, and has none beside a database', () => {
    expect(readersOf(readConfig({ READERS: '0' }), 16)).toBe(0);
    expect(readersOf(readConfig({ READERS: '3' }), 2)).toBe(3);
    expect(readersOf(readConfig({ CATALOG_URL: 'postgres://user@localhost/catalogue' }), 16)).toBe(0);
  });

  it.each(['many', '-1', '1.5', '65'])('does not take "%s"', (READERS) => {
    expect(() => readConfig({ READERS })).toThrow(`READERS="${READERS}"`);
  });
});
