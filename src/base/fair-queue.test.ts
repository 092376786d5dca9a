import { describe, expect, it } from '@jest/globals';
import { createFairQueue } from './fair-queue.js';
import { onBehalfOf } from './on-behalf-of.js';

/** Work that ends when it is told to, in a queue; `begun` has the names in the order in which they began. */
function bed(options: { slots: number; slotsEach: number }) {
  const run = createFairQueue(options);
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const add = (owner: string, name: string): Promise<string> =>
    onBehalfOf.run({ name: owner, hasGone: () => false }, () =>
      run(() => {
        begun.push(name);
        return new Promise<string>((resolve, reject) =>
          ends.set(name, (error) => (error === undefined ? resolve(name) : reject(error))),
        );
      }),
    );
  const tick = (): Promise<void> => new Promise(setImmediate);
  const end = async (name: string, error?: Error): Promise<void> => {
    ends.get(name)?.(error);
    await tick();
  };
  return { begun, add, end, tick };
}

describe('createFairQueue', () => {
  it('lets one owner have all but one slot at most, so that another begins at once', async () => {
    const { begun, add, end, tick } = bed({ slots: 3, slotsEach: 2 });
    const all = ['a1', 'a2', 'a3', 'a4'].map((name) => add('a', name));
    await tick();
    expect(begun).toEqual(['a1', 'a2']);
    const other = add('b', 'b1');
    await tick();
    expect(begun).toEqual(['a1', 'a2', 'b1']);
    for (const name of ['a1', 'b1', 'a2', 'a3', 'a4']) await end(name);
    expect(await Promise.all([...all, other])).toEqual(['a1', 'a2', 'a3', 'a4', 'b1']);
    expect(begun).toEqual(['a1', 'a2', 'b1', 'a3', 'a4']);
  });

  it('gives a slot that is free to whom least is running, then to who waits longest', async () => {
    const { begun, add, end, tick } = bed({ slots: 2, slotsEach: 2 });
    for (const name of ['a1', 'a2', 'a3', 'a4']) void add('a', name);
    void add('b', 'b1');
    void add('c', 'c1');
    await tick();
    expect(begun).toEqual(['a1', 'a2']);
    await end('a1');
    expect(begun).toEqual(['a1', 'a2', 'b1']);
    await end('a2');
    expect(begun).toEqual(['a1', 'a2', 'b1', 'a3']);
    await end('b1');
    expect(begun).toEqual(['a1', 'a2', 'b1', 'a3', 'c1']);
  });

  it('goes on after work that failed', async () => {
    const { begun, add, end, tick } = bed({ slots: 1, slotsEach: 1 });
    const failing = add('a', 'a1');
    void add('a', 'a2');
    await tick();
    const failed = expect(failing).rejects.toThrow('damaged');
    await end('a1', new Error('damaged'));
    await failed;
    expect(begun).toEqual(['a1', 'a2']);
  });
});
