import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createLater } from './later.js';

describe('createLater', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  it('puts off, until its time has come or it is forgotten', () => {
    const later = createLater<string>({ first: 20, most: 40 });
    for (const name of ['a', 'b']) later.postpone(name);
    expect(later.postponed().sort()).toEqual(['a', 'b']);
    later.forget('b');
    jest.advanceTimersByTime(19);
    expect(later.postponed()).toEqual(['a']);
    jest.advanceTimersByTime(1);
    expect(later.postponed()).toEqual([]);
  });

  it('puts off twice as long each time, but no longer than it may', () => {
    const later = createLater<string>({ first: 10, most: 25 });
    const waits = [1, 2, 3, 4].map(() => {
      later.postpone('a');
      let waited = 0;
      for (; later.postponed().length > 0; waited++) jest.advanceTimersByTime(1);
      return waited;
    });
    expect(waits).toEqual([10, 20, 25, 25]);
  });
});
