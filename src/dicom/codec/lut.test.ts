import { describe, expect, it } from '@jest/globals';
import { expandSegments, lookUp, lutValues } from './lut.js';

describe('lookUp', () => {
  const lut = { firstMapped: -1, bits: 8, values: Uint16Array.of(10, 20, 30) };

  it.each([
    [-2, 10],
    [-1, 10],
    [0, 20],
    [1, 30],
    [2, 30],
  ])('gives %i the entry %i', (value, entry) => {
    expect(lookUp(lut, value)).toBe(entry);
  });
});

describe('lutValues', () => {
  it('reads words, and bytes where there are only so many', () => {
    expect([...lutValues(Buffer.from([1, 0, 2, 1]), 2)]).toEqual([1, 258]);
    expect([...lutValues(Buffer.from([1, 2, 3, 4]), 4)]).toEqual([1, 2, 3, 4]);
  });
});

describe('expandSegments', () => {
  const expand = (segments: number[], entryCount = 100) =>
    expandSegments(Buffer.from(Uint16Array.from(segments).buffer), { entryCount, bits: 16 });

  it('expands discrete, linear and indirect segments', () => {
    expect([...(expand([0, 2, 5, 10, 1, 4, 30]) ?? [])]).toEqual([5, 10, 15, 20, 25, 30]);
    expect([...(expand([0, 1, 7, 1, 2, 9, 2, 2, 0, 0]) ?? [])]).toEqual([7, 8, 9, 7, 8, 9]);
  });

  it('expands segments of bytes, and words where the bytes do not give the entries', () => {
    const expandEight = (bytes: number[], entryCount: number) => [
      ...(expandSegments(Buffer.from(bytes), { entryCount, bits: 8 }) ?? []),
    ];
    expect(expandEight([0, 2, 5, 10, 1, 4, 30], 6)).toEqual([5, 10, 15, 20, 25, 30]);
    expect(expandEight([0, 1, 7, 1, 2, 9, 2, 1, 3, 0, 0, 0, 0, 1, 3, 0], 6)).toEqual([7, 8, 9, 9, 9, 3]);
    expect(expandEight([0, 0, 3, 0, 5, 0, 10, 0, 200, 0], 3)).toEqual([5, 10, 200]);
  });

  it('gives nothing for a line from nowhere, an unknown segment, and a reference to itself', () => {
    expect(expand([1, 2, 9])).toBeUndefined();
    expect(expand([3, 2, 9])).toBeUndefined();
    expect(expand([0, 1, 7, 2, 2, 0, 0, 2, 2, 6, 0])).toBeUndefined();
  });

  it('stops at the number of entries that is announced', () => {
    expect(expand([0, 1, 0, 1, 99, 9], 100)).toHaveLength(100);
    expect(expand([0, 1, 0, 1, 100, 9], 100)).toBeUndefined();
  });
});
