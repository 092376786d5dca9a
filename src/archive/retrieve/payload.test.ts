import { describe, expect, it } from '@jest/globals';
import { wholePayload } from './payload.js';

describe('wholePayload', () => {
  it('has the bytes of all chunks, from any one on, and copies none', () => {
    const chunks = [Buffer.from('ab'), Buffer.from('cde'), Buffer.from('f')];
    const payload = wholePayload(chunks, 'a/b');
    expect(payload.byteCount).toBe(6);
    expect(payload.open()).toBe(chunks);
    for (let from = 0; from <= 6; from++)
      expect(Buffer.concat(payload.open(from) as Buffer[]).toString()).toBe('abcdef'.slice(from));
  });
});
