import { describe, expect, it } from '@jest/globals';
import { createProgress } from './progress.js';

const block = (number: bigint) => ({ number, hash: `0x${number}` as const });

describe('createProgress', () => {
  it('has no head before the first block, then the last, also after a rollback', () => {
    const progress = createProgress();
    expect(progress.head).toBeUndefined();
    progress.advance(block(7n));
    progress.advance(block(5n));
    expect(progress.head).toEqual(block(5n));
  });

  it('answers at once, or after the block that makes it so', async () => {
    const progress = createProgress();
    expect(await progress.until(() => 'now')).toBe('now');
    const later = progress.until(() => (progress.head?.number === 2n ? 'later' : undefined));
    progress.advance(block(1n));
    progress.advance(block(2n));
    progress.advance(block(3n));
    expect(await later).toBe('later');
  });

  it('passes on what the check throws, and looks no more', async () => {
    const progress = createProgress();
    let looks = 0;
    const failing = progress.until(() => {
      if (++looks === 2) throw new Error('closed');
      return undefined;
    });
    progress.advance(block(1n));
    progress.advance(block(2n));
    await expect(failing).rejects.toThrow('closed');
    expect(looks).toBe(2);
  });

  it('gives up with the reason of the signal, before or while it waits', async () => {
    const progress = createProgress();
    const reason = new Error('stopping');
    let looks = 0;
    const look = (): undefined => void looks++;
    await expect(progress.until(look, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(looks).toBe(0);
    const stop = new AbortController();
    const waiting = progress.until(look, stop.signal);
    stop.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    progress.advance(block(1n));
    expect(looks).toBe(1);
  });
});
