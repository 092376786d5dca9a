import { describe, expect, it } from '@jest/globals';
import { deferred } from './deferred.js';
import { createMakeOnce } from './make-once.js';
import { onBehalfOf } from './on-behalf-of.js';

/** Whoever asks, and may go. */
function asker(name: string) {
  const client = { name, isGone: false, hasGone: () => client.isGone };
  return client;
}

describe('createMakeOnce', () => {
  it('makes once for all who ask meanwhile, who have gone only when each of them has', async () => {
    const once = createMakeOnce(new Map<string, string>());
    const [a, b] = [asker('a'), asker('b')];
    const end = deferred<void>();
    let hasGone: (() => boolean) | undefined;
    let made = 0;
    const make = async (): Promise<string> => {
      made++;
      hasGone = onBehalfOf.getStore()?.hasGone;
      await end.promise;
      return 'made';
    };
    const asked = [onBehalfOf.run(a, () => once('key', make)), onBehalfOf.run(b, () => once('key', make))];
    a.isGone = true;
    expect(hasGone?.()).toBe(false);
    end.resolve();
    expect(await Promise.all(asked)).toEqual(['made', 'made']);
    expect(await once('key', make)).toBe('made');
    expect(made).toBe(1);
  });

  it('makes anew for who comes when the others were found to have gone, though they have not been told yet', async () => {
    const once = createMakeOnce(new Map<string, string>());
    const a = asker('a');
    let later: Promise<string> | undefined;
    const first = onBehalfOf.run(a, () =>
      once('key', async () => {
        await Promise.resolve();
        if (onBehalfOf.getStore()?.hasGone() !== true) return 'never dropped';
        later = onBehalfOf.run(asker('b'), () => once('key', async () => 'made'));
        throw new Error('dropped');
      }),
    );
    a.isGone = true;
    await expect(first).rejects.toThrow('dropped');
    expect(await later).toBe('made');
    expect(await once('key', async () => 'made again')).toBe('made');
  });

  it('never has gone when the server itself waits for it', async () => {
    const once = createMakeOnce(new Map<string, string>());
    const a = asker('a');
    const end = deferred<void>();
    let hasGone: (() => boolean) | undefined;
    const make = async (): Promise<string> => {
      hasGone = onBehalfOf.getStore()?.hasGone;
      await end.promise;
      return 'made';
    };
    const asked = [onBehalfOf.run(a, () => once('key', make)), once('key', make)];
    a.isGone = true;
    expect(hasGone?.()).toBe(false);
    end.resolve();
    expect(await Promise.all(asked)).toEqual(['made', 'made']);
  });
});
