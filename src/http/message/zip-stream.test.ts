import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { crc32, inflateRawSync } from 'node:zlib';
import { zipStream, type ZipEntry } from './zip-stream.js';

const at = Date.UTC(2026, 10, 27, 16, 5, 42) / 1000;

function entry(name: string, content: Buffer, over: Partial<ZipEntry> = {}): ZipEntry {
  return {
    name,
    modifiedAt: at,
    byteCount: content.length,
    isCompressible: true,
    async *open() {
      for (let from = 0; from < content.length; from += 1000) yield content.subarray(from, from + 1000);
    },
    ...over,
  };
}

async function zipOf(...entries: ZipEntry[]): Promise<Buffer> {
  return buffer(
    zipStream(
      (async function* () {
        yield* entries;
      })(),
    ),
  );
}

/** The files of a zip by what its directory says, as APPNOTE 6.3.10 §4.3 has it. */
function filesOf(zip: Buffer): { name: string; content: Buffer; time: number; date: number }[] {
  const end = zip.length - 22;
  expect(zip.readUInt32LE(end)).toBe(0x06054b50);
  const files = [];
  let place = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    expect(zip.readUInt32LE(place)).toBe(0x02014b50);
    const [nameBytes, extraBytes] = [zip.readUInt16LE(place + 28), zip.readUInt16LE(place + 30)];
    const local = zip.readUInt32LE(place + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const content = inflateRawSync(zip.subarray(start, start + zip.readUInt32LE(place + 20)));
    expect([content.length, crc32(content)]).toEqual([zip.readUInt32LE(place + 24), zip.readUInt32LE(place + 16)]);
    files.push({
      name: zip.toString('latin1', place + 46, place + 46 + nameBytes),
      content,
      time: zip.readUInt16LE(place + 12),
      date: zip.readUInt16LE(place + 14),
    });
    place += 46 + nameBytes + extraBytes;
  }
  return files;
}

describe('zipStream', () => {
  const contents = [Buffer.alloc(100_000, 'pixels '), randomBytes(70_000), Buffer.alloc(0)];

  it('holds each file whole, under its name and with its time', async () => {
    const zip = await zipOf(
      entry('1.2/1.2.3.dcm', contents[0]!),
      entry('1.2/1.2.4.dcm', contents[1]!, { isCompressible: false, byteCount: undefined }),
      entry('1.2/1.2.5.dcm', contents[2]!),
    );
    const files = filesOf(zip);
    expect(files.map(({ name }) => name)).toEqual(['1.2/1.2.3.dcm', '1.2/1.2.4.dcm', '1.2/1.2.5.dcm']);
    expect(files.map(({ content }, index) => content.equals(contents[index]!))).toEqual([true, true, true]);
    expect(files[0]).toMatchObject({ time: (16 << 11) | (5 << 5) | 21, date: (46 << 9) | (11 << 5) | 27 });
    expect(zip.length).toBeLessThan(75_000);
  });

  it('is an end of a directory alone where there is no file', async () => {
    expect(filesOf(await zipOf())).toEqual([]);
  });

  it('fails with the file that fails, and reads none after it', async () => {
    const opened: string[] = [];
    const failing = entry('a', Buffer.alloc(20), {
      async *open() {
        yield Buffer.alloc(10);
        throw new Error('The piece is not there.');
      },
    });
    const after = entry('b', Buffer.alloc(0), {
      async *open() {
        opened.push('b');
      },
    });
    await expect(zipOf(failing, after)).rejects.toThrow('The piece is not there.');
    expect(opened).toEqual([]);
  });

  it.each([1, 3])('fails with a file of 2 bytes that is said to have %i', async (byteCount) => {
    await expect(zipOf(entry('a', Buffer.alloc(2), { byteCount }))).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('lets a file go when nobody reads on', async () => {
    let isClosed = false;
    const long = entry('a', Buffer.alloc(1), {
      byteCount: undefined,
      async *open() {
        try {
          for (;;) yield randomBytes(100_000);
        } finally {
          isClosed = true;
        }
      },
    });
    const stream = zipStream(
      (async function* () {
        yield long;
      })(),
    );
    for (let chunks = 0; chunks < 3; chunks++) await stream.next();
    await stream.return(undefined);
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(true);
  });
});
