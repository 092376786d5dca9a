import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { puncture, wholeRing } from './ring.js';
import { readRing, writeRing } from './write-ring.js';
import { refusalOf } from './testing/vectors.js';
import { pathOf } from './tree.js';

const ring = puncture(wholeRing(randomBytes(32)), [pathOf(5n)]);

describe('readRing', () => {
  it('takes writeRing back, also of an empty ring and of the root, and says where it ends', () => {
    for (const one of [ring, new Map<string, Buffer>(), wholeRing(randomBytes(32))]) {
      const bytes = writeRing(one);
      const { ring: read, byteCount } = readRing(Buffer.concat([bytes, randomBytes(9)]));
      expect([new Map(read), byteCount]).toEqual([new Map(one), bytes.length]);
    }
  });

  it('has one form for one ring, whatever the order of its nodes', () => {
    expect(writeRing(new Map([...ring].reverse()))).toEqual(writeRing(ring));
  });

  it('refuses another form: cut off, out of order, twice, below another, too deep, bits behind the prefix', async () => {
    const entry = (depth: number, path: string): string =>
      Buffer.from([depth]).toString('hex') + path + '00'.repeat(32);
    const forms = {
      'no count': '000000',
      'cut off': `00000002${entry(1, '0000000000000000')}`,
      'out of order': `00000002${entry(1, '8000000000000000')}${entry(1, '0000000000000000')}`,
      twice: `00000002${entry(1, '0000000000000000')}${entry(1, '0000000000000000')}`,
      'below another': `00000002${entry(1, '0000000000000000')}${entry(2, '0000000000000000')}`,
      'below the root': `00000002${entry(0, '0000000000000000')}${entry(1, '8000000000000000')}`,
      'too deep': `00000001${entry(65, '0000000000000000')}`,
      'bits behind the prefix': `00000001${entry(1, 'c000000000000000')}`,
    };
    for (const [name, hex] of Object.entries(forms))
      expect([name, await refusalOf(() => readRing(Buffer.from(hex, 'hex')))]).toEqual([name, 'corrupt']);
  });
});
