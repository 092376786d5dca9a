import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createNoise } from '../demo/create-noise.js';
import { grant, nodeAt, puncture, studyNodeOf, wholeRing } from './ring.js';
import { writeRing } from './write-ring.js';
import { pathOf, walk } from './tree.js';

const root = randomBytes(32);
const whole = wholeRing(root);
const range = (count: number, first = 0x0123_4567_0000_0000n): bigint[] =>
  Array.from({ length: count }, (_, i) => first + BigInt(i));

describe('studyNodeOf', () => {
  it('walks the bits of the study key, most significant first', () => {
    expect(studyNodeOf(whole, 1n)?.equals(walk(root, `${'0'.repeat(63)}1`))).toBe(true);
    expect(studyNodeOf(whole, 2n ** 63n)?.equals(walk(root, `1${'0'.repeat(63)}`))).toBe(true);
  });

  it('refuses a number that has not 64 bits', () => {
    expect(() => studyNodeOf(whole, 2n ** 64n)).toThrow('not an integer of 64 bits');
    expect(() => studyNodeOf(whole, -1n)).toThrow('not an integer of 64 bits');
  });
});

describe('puncture', () => {
  it('leaves nothing that leads to what was erased, and the same nodes for everything else', () => {
    const [before, erased, after] = [1n, 2n, 3n];
    const left = puncture(whole, [pathOf(erased)]);
    expect(studyNodeOf(left, erased)).toBeUndefined();
    for (const other of [before, after]) expect(studyNodeOf(left, other)).toEqual(studyNodeOf(whole, other));
    expect([...left.keys()].filter((place) => pathOf(erased).startsWith(place))).toEqual([]);
  });

  it('takes out a prefix whose node is gone and of which only pieces below are left (P8)', () => {
    const [one, other] = [pathOf(1n), pathOf(2n)];
    const incarnation = one.slice(0, 32);
    const left = puncture(puncture(whole, [one]), [incarnation]);
    expect(nodeAt(left, other)).toBeUndefined();
    expect(writeRing(left)).toEqual(writeRing(puncture(whole, [incarnation])));
  });

  it('replaces each of several nodes above a prefix, where grants and rings overlap (P8)', () => {
    const path = pathOf(77n);
    const overlapping = new Map([
      ...whole,
      [path.slice(0, 20), walk(root, path.slice(0, 20))],
      [path, walk(root, path)],
    ]);
    expect(writeRing(puncture(overlapping, [path]))).toEqual(writeRing(puncture(whole, [path])));
  });

  it('leaves no trace of the root in the bytes of a ring (P2)', () => {
    expect(writeRing(whole).includes(root)).toBe(true);
    expect(writeRing(puncture(whole, [pathOf(5n)])).includes(root)).toBe(false);
  });

  it('closes one hole over neighbours, so that a run of studies costs no more than one (P7)', () => {
    const one = puncture(whole, [pathOf(range(1)[0]!)]);
    expect(one.size).toBe(64);
    const run = puncture(whole, range(1024).map(pathOf));
    expect(run.size).toBe(64 - 10);
    expect(writeRing(run)).toEqual(writeRing(puncture(whole, [pathOf(range(1)[0]!).slice(0, 54)])));
  });

  it('keeps a ring small when studies of one incarnation are erased here and there (P7)', () => {
    const random = createNoise(17).uniform;
    const erased = range(1_000).map(() => pathOf(range(1)[0]! + BigInt(Math.floor(random() * 1_000_000))));
    const left = puncture(whole, erased);
    // N (d - log2 N) nodes at most, for N of 10⁶ studies in a tree of depth d = 20, and the way down to it.
    expect(left.size).toBeLessThanOrEqual(1_000 * (20 - Math.floor(Math.log2(1_000))) + 44);
    expect(writeRing(left).length).toBe(4 + 41 * left.size);
  });

  it('does not change the ring that it was given', () => {
    const before = writeRing(whole);
    puncture(whole, [pathOf(9n)]);
    expect(writeRing(whole)).toEqual(before);
  });

  it('refuses what is no prefix', () => {
    for (const wrong of ['2', 'x', '0'.repeat(65)]) expect(() => puncture(whole, [wrong])).toThrow('A prefix has');
  });
});

describe('grant', () => {
  it('is one study, and no other can be derived from it', () => {
    const granted = grant(whole, pathOf(5n));
    expect([...granted.keys()]).toEqual([pathOf(5n)]);
    expect(studyNodeOf(granted, 5n)).toEqual(studyNodeOf(whole, 5n));
    expect(studyNodeOf(granted, 4n)).toBeUndefined();
  });

  it('is what is left of a range, where a part of it was erased', () => {
    const range = pathOf(5n).slice(0, 60);
    const granted = grant(puncture(whole, [pathOf(5n)]), range);
    expect(writeRing(granted)).toEqual(writeRing(puncture(grant(whole, range), [pathOf(5n)])));
    expect(granted.size).toBe(4);
  });

  it('is empty for what was erased', () => {
    expect(grant(puncture(whole, [pathOf(5n)]), pathOf(5n)).size).toBe(0);
  });
});
