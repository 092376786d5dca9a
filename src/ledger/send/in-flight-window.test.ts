import { describe, expect, it } from '@jest/globals';
import { openInFlightWindow, type SlotRequest } from './in-flight-window.js';

/** Asks for slots and notes in which order they are given. */
function asking(limitBytes: number): {
  ask: (name: string, request?: Partial<SlotRequest>) => void;
  given: string[];
  release: (name: string) => Promise<void>;
} {
  const window = openInFlightWindow(limitBytes);
  const given: string[] = [];
  const releases = new Map<string, () => void>();
  return {
    given,
    ask: (name, request = {}) => {
      void window.enter({ byteCount: 100, urgent: false, bytesLeft: 100, ...request }).then((release) => {
        given.push(name);
        releases.set(name, release);
      });
    },
    release: async (name) => {
      await settled();
      releases.get(name)!();
      await settled();
    },
  };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('openWindow', () => {
  it.each([
    [299, 2],
    [300, 3],
    [301, 3],
  ])('of %i bytes lets %i times 100 bytes in', async (limitBytes, expected) => {
    const { ask, given } = asking(limitBytes);
    for (const name of ['a', 'b', 'c', 'd']) ask(name);
    await settled();
    expect(given).toHaveLength(expected);
  });

  it('lets one in that is larger than the window', async () => {
    const { ask, given } = asking(50);
    ask('large');
    await settled();
    expect(given).toEqual(['large']);
  });

  it('prefers what is urgent', async () => {
    const { ask, given, release } = asking(100);
    ask('first');
    ask('bulk');
    ask('urgent', { urgent: true });
    await release('first');
    expect(given).toEqual(['first', 'urgent']);
  });

  it('takes turns between the oldest and the one with the least left', async () => {
    const { ask, given, release } = asking(100);
    ask('running');
    ask('old and long', { bytesLeft: 9_000 });
    ask('middling', { bytesLeft: 800 });
    ask('short', { bytesLeft: 100 });
    await release('running');
    await release(given.at(-1)!);
    await release(given.at(-1)!);
    expect(new Set(given.slice(1, 3))).toEqual(new Set(['old and long', 'short']));
    expect(given[3]).toBe('middling');
  });

  it('refuses those who wait when it is closed', async () => {
    const window = openInFlightWindow(100);
    const request = { byteCount: 100, urgent: false, bytesLeft: 100 };
    await window.enter(request);
    const waiting = window.enter(request);
    window.close(new Error('closing'));
    await expect(waiting).rejects.toThrow('closing');
    await expect(window.enter(request)).rejects.toThrow('closing');
  });
});
