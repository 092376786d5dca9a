import { MessageChannel } from 'node:worker_threads';
import { afterAll, describe, expect, it } from '@jest/globals';
import { bufferSource, type ByteSource } from '../../base/byte-source.js';
import { LedgerError } from '../../base/errors.js';
import { portSource, serveSource } from './port-source.js';

const bytes = Buffer.from('the bytes of an instance');

describe('portSource and serveSource', () => {
  const { port1, port2 } = new MessageChannel();
  const withMemory = new MessageChannel();
  const waits: number[] = [];
  const failures: unknown[] = [];
  afterAll(() => {
    port1.close();
    withMemory.port1.close();
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
  it('write into memory that is there for it, once, and read what has a gap before it again', async () => {
    const asked: number[] = [];
    const source: ByteSource = {
      byteCount: bytes.length,
      read: (offset, byteCount) => {
        asked.push(offset);
        return bufferSource(bytes).read(offset, byteCount);
      },
    };
    serveSource(withMemory.port1, source, { onWait: () => undefined, onFailure: (error) => failures.push(error) });
    const memory = new SharedArrayBuffer(1000);
    const far = portSource(withMemory.port2, bytes.length, memory);
    const text = async (offset: number, byteCount: number) => (await far.read(offset, byteCount)).toString();
    expect(await text(4, 5)).toBe('bytes');
    expect(await text(4, 5)).toBe('bytes');
    const first = far.read(0, 4);
    expect(far.isReading).toBe(true);
    expect((await first).toString()).toBe('the ');
    expect(await text(9, bytes.length - 9)).toBe(' of an instance');
    expect(await text(0, bytes.length)).toBe(bytes.toString());
    expect(asked).toEqual([4, 4, 0, 9]);
    expect(Buffer.from(memory, 0, bytes.length)).toEqual(bytes);
    expect(far.isReading).toBe(false);
  });
});
