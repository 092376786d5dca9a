import { describe, expect, it } from '@jest/globals';
import { until } from '../../base/testing/until.js';
import { createLater } from './later.js';

describe('createLater', () => {
  it('puts off, until its time has come or it is forgotten', async () => {
    const later = createLater<string>({ first: 20, most: 40 });
    for (const name of ['a', 'b']) later.postpone(name);
    expect(later.postponed().sort()).toEqual(['a', 'b']);
    later.forget('b');
    expect(later.postponed()).toEqual(['a']);
    await until('the time of a', () => later.postponed().length === 0);
  });

  it('puts off longer each time, but not for ever longer', () => {
    const later = createLater<string>({ first: 1, most: 1_000_000 });
    for (let i = 0; i < 40; i++) later.postpone('a');
    expect(later.postponed()).toEqual(['a']);
  });
});
