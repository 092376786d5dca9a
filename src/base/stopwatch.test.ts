import { describe, expect, it, jest } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { createStopwatch } from './stopwatch.js';
import { until } from './testing/until.js';

describe('createStopwatch', () => {
  it('ends after the time for which it goes, whatever is between', () => {
    jest.useFakeTimers();
    try {
      const onEnd = jest.fn();
      const stopwatch = createStopwatch({ allowedMs: 2500, onEnd });
      jest.advanceTimersByTime(5000);
      stopwatch.go();
      stopwatch.go();
      jest.advanceTimersByTime(1600);
      stopwatch.pause();
      stopwatch.pause();
      jest.advanceTimersByTime(5000);
      stopwatch.go();
      jest.advanceTimersByTime(899);
      expect(onEnd).not.toHaveBeenCalled();
      jest.advanceTimersByTime(1);
      expect(onEnd).toHaveBeenCalledTimes(1);
      jest.advanceTimersByTime(5000);
      expect(onEnd).toHaveBeenCalledTimes(1);
    } finally {
      jest.useRealTimers();
    }
  });

  it('does not count while everything stands still', async () => {
    const onEnd = jest.fn();
    createStopwatch({ allowedMs: 2_000, onEnd }).go();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3_000);
    await delay(0);
    expect(onEnd).not.toHaveBeenCalled();
    await until('the rest of the time to be over', () => onEnd.mock.calls.length === 1);
  });
});
