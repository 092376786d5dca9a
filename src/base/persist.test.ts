import { expect, it } from '@jest/globals';
import { persist } from './persist.js';

const retryMs = { first: 1, most: 4 };

it('does work again until it succeeds, after pauses that grow', async () => {
  const pauses: number[] = [];
  let tries = 0;
  const work = async (): Promise<void> => {
    if (++tries < 5) throw new Error('not yet');
  };
  const { signal } = new AbortController();
  expect(await persist(work, { retryMs, signal, onFailure: (_error, ms) => pauses.push(ms) })).toBe(true);
  expect(pauses).toEqual([1, 2, 4, 4]);
});

it('ends with the signal, in the middle of a pause and of work', async () => {
  const stop = new AbortController();
  const { signal } = stop;
  const onFailure = (): void => void setImmediate(() => stop.abort());
  const fails = (): Promise<never> => Promise.reject(new Error('never'));
  expect(await persist(fails, { retryMs: { first: 3_600_000, most: 3_600_000 }, signal, onFailure })).toBe(false);
  expect(await persist(fails, { retryMs, signal, onFailure: () => expect(true).toBe(false) })).toBe(false);
});
