import { describe, expect, it } from '@jest/globals';
import { atOnce, inTurns, type Work } from './in-turns.js';

/** Takes so many milliseconds for each step. */
function* working(steps: number, stepMs: number): Work<number> {
  for (let step = 0; step < steps; step++) {
    for (const until = performance.now() + stepMs; performance.now() < until;);
    yield;
  }
  return steps;
}

describe('inTurns', () => {
  it('gives others a turn between steps that take long, and the result in the end', async () => {
    let turns = 0;
    const count = (): void => {
      turns++;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    expect(await inTurns(working(10, 11))).toBe(10);
    clearImmediate(timer);
    expect(turns).toBeGreaterThanOrEqual(9);
  });

  it('rejects with what the work throws', async () => {
    const failing = function* (): Work<void> {
      yield;
      throw new Error('It breaks off.');
    };
    await expect(inTurns(failing())).rejects.toThrow('It breaks off.');
    expect(() => atOnce(failing())).toThrow('It breaks off.');
  });
});

describe('atOnce', () => {
  it('gives the result of the work', () => {
    expect(atOnce(working(3, 0))).toBe(3);
  });
});
