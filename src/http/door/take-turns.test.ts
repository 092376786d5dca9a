import { describe, expect, it } from '@jest/globals';
import type { Request, Response } from 'express';
import { onBehalfOf } from '../../base/on-behalf-of.js';
import { createTakeTurns } from './take-turns.js';

/** A door, at which each request takes so many milliseconds of a clock that only moves by that. */
function bed() {
  const clock = { ms: 0 };
  const door = createTakeTurns({ now: () => clock.ms });
  const begun: string[] = [];
  /** Called as a request begins; in the same turn of the event loop. */
  let onBegin = (): void => undefined;
  const ask = (caller: string, name: string, { ms, response = {} }: { ms: number; response?: object }): void =>
    onBehalfOf.run({ name: caller, hasGone: () => false }, () => {
      void door({} as Request, response as Response, () => {
        begun.push(name);
        // What is at hand is given without a turn of the event loop.
        queueMicrotask(() => {
          clock.ms += ms;
          onBegin();
        });
      });
    });
  return { clock, ask, begun, hear: (heard: () => void) => (onBegin = heard) };
}

const turn = (): Promise<void> => new Promise(setImmediate);
const turns = async (count: number): Promise<void> => {
  for (let n = 0; n < count; n++) await turn();
};
const many = (name: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${name}${i}`);

describe('createTakeTurns', () => {
  it('gives what else is ready a turn after each millisecond of reading', async () => {
    const { ask, begun } = bed();
    for (const name of many('read', 100)) ask('viewer', name, { ms: 0.5 });
    // Whatever a store waits for is one turn of the event loop.
    const between: number[] = [];
    for (let step = 0; step < 20; step++) {
      await turn();
      between.push(begun.length);
    }
    expect(between.slice(2).map((count, i) => count - between[i + 1]!)).toEqual(Array<number>(18).fill(2));
  });

  it('lets a store end while reads are asked for without end', async () => {
    const { ask, begun, hear } = bed();
    hear(() => ask('viewer', 'one more', { ms: 5 }));
    for (const name of many('read', 50)) ask('viewer', name, { ms: 5 });
    await turns(60);
    // It began no more than one of them between two steps.
    expect(begun.length).toBeLessThanOrEqual(61);
    expect(begun.length).toBeGreaterThan(50);
    hear(() => undefined);
    await turns(100);
  });

  it('gives readers half as long as all else took, so that much storing does not keep them waiting', async () => {
    const { clock, ask, begun } = bed();
    for (const name of many('read', 100)) ask('viewer', name, { ms: 1 });
    await turns(2);
    const before = begun.length;
    clock.ms += 8;
    await turn();
    expect(begun.length - before).toBe(4);
    clock.ms += 1_000;
    await turn();
    expect(begun.length - before).toBe(29);
    await turns(100);
  });

  it('begins one request of each caller in turn, so that nobody waits behind all of another', async () => {
    const { ask, begun } = bed();
    for (const name of many('a', 100)) ask('many', name, { ms: 1 });
    await turns(3);
    const before = begun.length;
    for (const name of ['b0', 'b1']) ask('few', name, { ms: 1 });
    await turns(150);
    expect(begun).toHaveLength(102);
    expect(begun.indexOf('b0')).toBeLessThanOrEqual(before + 1);
    expect(begun.indexOf('b1')).toBeLessThanOrEqual(before + 3);
    expect(begun.filter((name) => name.startsWith('a'))).toEqual(many('a', 100));
  });

  it('does not begin for a client that has gone meanwhile', async () => {
    const { ask, begun } = bed();
    const response = { destroyed: false };
    ask('viewer', 'goes', { ms: 1, response });
    ask('viewer', 'stays', { ms: 1 });
    response.destroyed = true;
    await turns(3);
    expect(begun).toEqual(['stays']);
  });
});
