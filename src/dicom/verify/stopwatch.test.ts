import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createStopwatch } from './stopwatch.js';

describe('createStopwatch', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('ends after the time for which it goes, whatever is between', () => {
    const onEnd = jest.fn();
    const stopwatch = createStopwatch({ allowedMs: 1000, onEnd });
    jest.advanceTimersByTime(5000);
    stopwatch.go();
    stopwatch.go();
    jest.advanceTimersByTime(600);
    stopwatch.pause();
    stopwatch.pause();
    jest.advanceTimersByTime(5000);
    stopwatch.go();
    jest.advanceTimersByTime(399);
    expect(onEnd).not.toHaveBeenCalled();
    jest.advanceTimersByTime(1);
    expect(onEnd).toHaveBeenCalledTimes(1);
  });
});
