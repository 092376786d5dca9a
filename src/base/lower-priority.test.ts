import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { getPriority } from 'node:os';
import { Worker } from 'node:worker_threads';

describe('lowerPriority', () => {
  it('lowers that of its own thread, and of no other', async () => {
    const code = `
      const { parentPort } = require('node:worker_threads');
      const { readlinkSync } = require('node:fs');
      const { getPriority } = require('node:os');
      const priority = () => getPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)));
      import(${JSON.stringify(new URL('../../dist/base/lower-priority.js', import.meta.url).href)}).then(({ lowerPriority }) => {
        const before = priority();
        lowerPriority();
        parentPort.postMessage({ before, after: priority() });
      });`;
    const own = getPriority();
    const worker = new Worker(code, { eval: true });
    const [{ before, after }] = (await once(worker, 'message')) as [{ before: number; after: number }];
    expect([before, after]).toEqual([own, Math.min(19, Math.max(own, 5))]);
    expect(getPriority()).toBe(own);
    await worker.terminate();
  });
});
