import { describe, expect, it } from '@jest/globals';
import { frameMediaType } from './media-types.js';

describe('frameMediaType', () => {
  it('is the type of the codestream, and undefined for what has none of its own', () => {
    expect(frameMediaType('1.2.840.10008.1.2.4.80')).toBe('image/jls');
    for (const other of ['1.2.840.10008.1.2.1', '1.2.3', '__proto__', 'constructor', ''])
      expect(frameMediaType(other)).toBeUndefined();
  });
});
