import { describe, expect, it } from '@jest/globals';
import { buffer } from 'node:stream/consumers';
import { zipStream, type ZipEntry } from './zip-stream.js';

const COUNT = 65_536;

async function* entries(): AsyncGenerator<ZipEntry> {
  for (let number = 0; number < COUNT; number++)
    yield {
      name: String(number),
      modifiedAt: 0,
      byteCount: 1,
      isCompressible: false,
      async *open() {
        yield Buffer.alloc(1);
      },
    };
}

describe('zipStream', () => {
  it('counts in its Zip64 fields more files than 16 bits can', async () => {
    const zip = await buffer(zipStream(entries()));
    // APPNOTE 6.3.10 §4.3.14 to §4.3.16: 22 bytes after a locator of 20, after the Zip64 end of 56.
    const end = zip.length - 22 - 20 - 56;
    expect([zip.readUInt32LE(end), zip.readBigUInt64LE(end + 32)]).toEqual([0x06064b50, BigInt(COUNT)]);
    expect(zip.readBigUInt64LE(zip.length - 22 - 12)).toBe(BigInt(end));
  }, 600_000);
});
