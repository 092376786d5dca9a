import { describe, expect, it } from '@jest/globals';
import { createMadeCache } from './made-cache.js';

const owner = { imageId: '0xa1', contentKey: 'c0' };
const made = (fill: number, byteCount = 10) => ({ bytes: Buffer.alloc(byteCount, fill), isAnnotated: true });

describe('createMadeCache', () => {
  it('makes each thing once, also for those who ask at the same time', async () => {
    const cache = createMadeCache();
    let count = 0;
    const make = async () => {
      await new Promise(setImmediate);
      return made(++count);
    };
    const both = await Promise.all([cache.get(owner, 'a', make), cache.get(owner, 'a', make)]);
    expect([...both, await cache.get(owner, 'a', make)]).toEqual([made(1), made(1), made(1)]);
    expect(await cache.get(owner, 'b', make)).toEqual(made(2));
    expect(await cache.get({ ...owner, contentKey: 'c1' }, 'a', make)).toEqual(made(3));
  });

  it('keeps neither a failure nor nothing', async () => {
    const cache = createMadeCache();
    await expect(cache.get(owner, 'a', () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await cache.get(owner, 'a', async () => undefined)).toBeUndefined();
    expect(await cache.get(owner, 'a', async () => made(1))).toEqual(made(1));
  });

  it('makes again what was forgotten', async () => {
    const cache = createMadeCache();
    const other = { imageId: '0xa10', contentKey: 'c0' };
    for (const one of [owner, other]) await cache.get(one, 'a', async () => made(1));
    cache.forget(owner.imageId);
    expect(await cache.get(owner, 'a', async () => made(2))).toEqual(made(2));
    expect(await cache.get(other, 'a', async () => made(2))).toEqual(made(1));
  });

  it('is bounded, and does not keep what would take too much of it', async () => {
    const cache = createMadeCache();
    const megabytes = 1024 * 1024;
    for (let i = 0; i < 50; i++) await cache.get(owner, String(i), async () => made(1, megabytes));
    expect(await cache.get(owner, '0', async () => made(2))).toEqual(made(2));
    await cache.get(owner, 'large', async () => made(1, 7 * megabytes));
    expect(await cache.get(owner, 'large', async () => made(2))).toEqual(made(2));
    expect((await cache.get(owner, '49', async () => made(2))).bytes.length).toBe(megabytes);
  });
});
