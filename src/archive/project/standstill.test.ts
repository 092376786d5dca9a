import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createProgress } from './progress.js';
import { createStandstill } from './standstill.js';

describe('createStandstill', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('is one when the catalogue has been below the chain at one block for five seconds', () => {
    const progress = createProgress();
    const standstill = createStandstill({ progress });
    progress.advance({ number: 7n, hash: '0x07' });
    standstill.see(7n);
    jest.advanceTimersByTime(60_000);
    standstill.see(8n);
    jest.advanceTimersByTime(4_999);
    standstill.see(9n);
    expect(standstill.reason).toBeUndefined();
    jest.advanceTimersByTime(1);
    expect(standstill.reason).toMatch(/block 7/);
    progress.advance({ number: 8n, hash: '0x08' });
    expect(standstill.reason).toBeUndefined();
  });

  it('is none while the catalogue goes on, however far it is behind, nor while no node answers', () => {
    const progress = createProgress();
    const standstill = createStandstill({ progress });
    for (let number = 0n; number < 20n; number++) {
      progress.advance({ number, hash: '0x01' });
      standstill.see(1000n);
      jest.advanceTimersByTime(1000);
      expect(standstill.reason).toBeUndefined();
    }
    standstill.see(undefined);
    jest.advanceTimersByTime(10_000);
    expect(standstill.reason).toBeUndefined();
  });
});
