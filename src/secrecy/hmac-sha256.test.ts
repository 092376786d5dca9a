import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { hmacSha256 } from './hmac-sha256.js';

describe('hmacSha256', () => {
  it('is what createHmac gives, for messages around each length of a block', () => {
    for (const length of [0, 1, 21, 31, 32, 42, 55, 56, 63, 64, 65, 127, 128, 1_000]) {
      const [key, message] = [randomBytes(32), randomBytes(length)];
      expect(hmacSha256(key, message).equals(createHmac('sha256', key).update(message).digest())).toBe(true);
    }
  });

  it('refuses a key of another length than 32 bytes', () => {
    expect(() => hmacSha256(randomBytes(31), Buffer.alloc(0))).toThrow('31 bytes stands where 32');
    expect(() => hmacSha256(randomBytes(33), Buffer.alloc(0))).toThrow('33 bytes stands where 32');
  });
});
