import { describe, expect, it } from '@jest/globals';
import type { Block } from '../rpc/rpc.js';
import { startStallDetector } from './stall-detector.js';

const block = (number: number, timestamp: number): Block => ({
  number: BigInt(number),
  hash: `0x${number}`,
  parentHash: `0x${number - 1}`,
  timestamp: BigInt(timestamp),
  gasLimit: 1n,
});
const leastMs = 10_000;

describe('watchForStall', () => {
  it('takes ten seconds on a fast chain', () => {
    const stall = startStallDetector({ leastMs });
    stall.learn(block(6, 99), block(7, 100));
    stall.look({ atMs: 0, head: block(7, 100), isPending: true });
    expect(stall.look({ atMs: 9_999, head: block(7, 100), isPending: true })).toBeUndefined();
    expect(stall.look({ atMs: 10_000, head: block(7, 100), isPending: true })).toBe(10_000);
    expect(stall.look({ atMs: 10_001, head: block(7, 100), isPending: true })).toBe(10_001);
  });

  it('takes ten periods on a slow one, learned from its blocks', () => {
    const stall = startStallDetector({ leastMs });
    stall.look({ atMs: 0, head: block(7, 100), isPending: true });
    // One signer was away: two blocks of 5 s, then one after 12 s.
    stall.look({ atMs: 1, head: block(9, 110), isPending: true });
    stall.look({ atMs: 2, head: block(10, 122), isPending: true });
    expect(stall.look({ atMs: 50_001, head: block(10, 122), isPending: true })).toBeUndefined();
    expect(stall.look({ atMs: 50_002, head: block(10, 122), isPending: true })).toBe(50_000);
  });

  it('takes five minutes at most where blocks come on demand', () => {
    const stall = startStallDetector({ leastMs });
    stall.learn(block(6, 0), block(7, 86_400));
    stall.look({ atMs: 0, head: block(7, 86_400), isPending: true });
    expect(stall.look({ atMs: 299_999, head: block(7, 86_400), isPending: true })).toBeUndefined();
    expect(stall.look({ atMs: 300_000, head: block(7, 86_400), isPending: true })).toBe(300_000);
  });

  it('learns nothing from the distance to the genesis', () => {
    const stall = startStallDetector({ leastMs });
    stall.learn(block(0, 0), block(1, 29));
    stall.look({ atMs: 0, head: block(1, 29), isPending: true });
    expect(stall.look({ atMs: 10_000, head: block(1, 29), isPending: true })).toBe(10_000);
  });

  it('begins anew with a block, when nothing is pending, and when nobody can be asked', () => {
    const stall = startStallDetector({ leastMs });
    stall.look({ atMs: 0, head: block(7, 100), isPending: true });
    expect(stall.look({ atMs: 12_000, head: block(8, 101), isPending: true })).toBeUndefined();
    expect(stall.look({ atMs: 24_000, head: block(8, 101), isPending: false })).toBeUndefined();
    expect(stall.look({ atMs: 36_000, head: undefined, isPending: true })).toBeUndefined();
    expect(stall.look({ atMs: 45_999, head: block(8, 101), isPending: true })).toBeUndefined();
    expect(stall.look({ atMs: 46_000, head: block(8, 101), isPending: true })).toBe(10_000);
  });

  it('stays while nobody can be asked, until the next block', () => {
    const stall = startStallDetector({ leastMs });
    stall.look({ atMs: 0, head: block(7, 100), isPending: true });
    stall.look({ atMs: 10_000, head: block(7, 100), isPending: true });
    expect(stall.look({ atMs: 11_000, head: undefined, isPending: true })).toBe(11_000);
    expect(stall.look({ atMs: 12_000, head: block(7, 100), isPending: true })).toBe(12_000);
    expect(stall.look({ atMs: 13_000, head: block(8, 101), isPending: true })).toBeUndefined();
  });
});
