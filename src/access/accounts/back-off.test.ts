import { describe, expect, it } from '@jest/globals';
import { createBackOff } from './back-off.js';

const tooMany = (retryAfterS: number): unknown =>
  expect.objectContaining({ code: 'too-many-requests', details: { retryAfterS } });

function caught(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}

describe('createBackOff', () => {
  it('lets five guesses through, and then one after 1, 2, 4 … and at most 300 seconds', () => {
    let now = 1_000_000;
    const backOff = createBackOff({ now: () => now });
    for (let guess = 0; guess < 5; guess++) backOff.begin('ada');
    for (const waitS of [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]) {
      expect(caught(() => backOff.begin('ada'))).toEqual(tooMany(waitS));
      now += waitS * 1000 - 1;
      expect(caught(() => backOff.begin('ada'))).toEqual(tooMany(1));
      now += 1;
      backOff.begin('ada');
    }
    backOff.begin('grace');
  });

  it('forgets the failures of one who then logs in', () => {
    const backOff = createBackOff({ now: () => 0 });
    for (let guess = 0; guess < 4; guess++) backOff.begin('ada');
    backOff.begin('ada').succeeded();
    for (let guess = 0; guess < 4; guess++) backOff.begin('ada');
    expect(caught(() => backOff.begin('ada').succeeded())).toBeUndefined();
  });
});
