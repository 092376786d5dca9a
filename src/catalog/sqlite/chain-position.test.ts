import { describe, expect, it } from '@jest/globals';
import { blockOf, chainPosition } from './chain-position.js';

describe('chainPosition', () => {
  it('ascends along the chain, and gives its block back', () => {
    const places = [
      [0n, 0],
      [0n, 1_048_575],
      [1n, 0],
      [1n, 7],
      [4_294_967_295n, 1_048_575],
    ] as const;
    const positions = places.map(([block, logIndex]) => chainPosition(block, logIndex));
    expect(positions).toEqual([...new Set(positions)].sort((a, b) => a - b));
    expect(positions.map(blockOf)).toEqual(places.map(([block]) => block));
    expect(positions.every(Number.isSafeInteger)).toBe(true);
  });

  it('refuses a log index that would be the next block', () => {
    expect(() => chainPosition(1n, 1_048_576)).toThrow(expect.objectContaining({ code: 'internal' }));
  });
});
