import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it } from '@jest/globals';
import { bufferSource, type ByteSource } from '../../base/byte-source.js';
import { LedgerError } from '../../base/errors.js';
import { portSource, serveSource } from './port-source.js';

const bytes = Buffer.from('the bytes of an instance');
const { port1, port2 } = new MessageChannel();
const waits: number[] = [];
const failures: unknown[] = [];

describe('portSource and serveSource', () => {
  afterEach(() => {
    port1.close();
  });

  it('read what is at the other end of the port, several parts at once, and no others', async () => {
    const lost = new LedgerError('unavailable', 'No node answers.', { retryable: true });
    const source: ByteSource = {
      byteCount: bytes.length,
      read: (offset, byteCount) => (offset === 13 ? Promise.reject(lost) : bufferSource(bytes).read(offset, byteCount)),
    };
    serveSource(port1, source, { onWait: (count) => waits.push(count), onFailure: (error) => failures.push(error) });
    const far = portSource(port2, bytes.length);
    const parts = await Promise.all([far.read(4, 5), far.read(0, 3), far.read(bytes.length, 0)]);
    expect(parts.map(String)).toEqual(['bytes', 'the', '']);
    expect(bytes.toString()).toBe('the bytes of an instance');
    expect(failures).toEqual([]);
    await expect(far.read(13, 2)).rejects.toThrow('The bytes cannot be had.');
    expect(failures).toEqual([lost]);
    await expect(far.read(20, 5)).rejects.toMatchObject({ code: 'corrupt' });
    expect(waits.length).toBe(8);
    expect(waits.at(-1)).toBe(0);
  });
});
