import { crc32, createDeflateRaw } from 'node:zlib';
import { Readable } from 'node:stream';
import { LedgerError } from '../../base/errors.js';

/** One file of a zip. */
export interface ZipEntry {
  /** With `/` between folders; ASCII. */
  name: string;
  /** Seconds since 1970. */
  modifiedAt: number;
  /** Undefined when it is not known before the end. */
  byteCount: number | undefined;
  /** False for what is compressed already. */
  isCompressible: boolean;
  open: () => AsyncIterable<Buffer> | readonly Buffer[];
}

/** What the directory at the end says of a file that was written. */
interface Written {
  entry: ZipEntry;
  crc: number;
  compressedBytes: number;
  byteCount: number;
  offset: number;
}

/** Sizes follow the bytes (bit 3), names are UTF-8 (bit 11): APPNOTE 6.3.10 §4.4.4. */
const FLAGS = 0x0808;
const DEFLATED = 8;
const [PLAIN_VERSION, ZIP64_VERSION] = [20, 45];
/** What stands where a number is in the Zip64 fields instead. */
const [IN_ZIP64, SHORT_IN_ZIP64] = [0xffffffff, 0xffff];
/** Deflated, bytes that cannot be made less become some more: files near 4 GiB count as beyond it. */
const LARGE_BYTES = 0xf0000000;
const ZIP64_FIELD = 0x0001;

/**
 * Writes files as one zip as ISO/IEC 21320-1 has it, each read when its turn comes and nothing kept of it but its place. All are
 * deflated, also those that are not made smaller by it: readers of streams cannot tell where a stored one ends. Throws `corrupt` for one
 * that gives other than its `byteCount` bytes; the answer has to be broken off then.
 */
export async function* zipStream(entries: AsyncIterable<ZipEntry>): AsyncGenerator<Buffer> {
  const written: Written[] = [];
  let offset = 0;
  for await (const entry of entries) {
    const file: Written = { entry, crc: 0, compressedBytes: 0, byteCount: 0, offset };
    const start = localHeader(entry);
    yield start;
    const counted = async function* (): AsyncGenerator<Buffer> {
      for await (const bytes of entry.open()) {
        file.crc = crc32(bytes, file.crc);
        file.byteCount += bytes.length;
        yield bytes;
      }
      if (entry.byteCount !== undefined && file.byteCount !== entry.byteCount)
        throw new LedgerError('corrupt', `A file has ${file.byteCount} bytes where ${entry.byteCount} were announced.`);
    };
    for await (const bytes of deflated(counted(), entry.isCompressible)) {
      file.compressedBytes += bytes.length;
      yield bytes;
    }
    const end = dataDescriptor(file);
    yield end;
    offset += start.length + file.compressedBytes + end.length;
    written.push(file);
  }
  const directory = written.map(directoryEntry);
  yield* directory;
  const byteCount = directory.reduce((sum, bytes) => sum + bytes.length, 0);
  yield endOfDirectory({ count: written.length, offset, byteCount });
}

/** Level 1 makes pixels about half in a fifth of the time that more takes; level 0 only frames them. */
async function* deflated(source: AsyncIterable<Buffer>, isCompressible: boolean): AsyncGenerator<Buffer> {
  const deflate = createDeflateRaw({ level: isCompressible ? 1 : 0 });
  const input = Readable.from(source, { objectMode: false });
  input.once('error', (error) => deflate.destroy(error));
  try {
    for await (const bytes of input.pipe(deflate)) yield bytes as Buffer;
  } finally {
    input.destroy();
  }
}

const needsZip64 = ({ byteCount }: ZipEntry): boolean => byteCount === undefined || byteCount >= LARGE_BYTES;

/** §4.3.7 */
function localHeader(entry: ZipEntry): Buffer {
  const extra = needsZip64(entry) ? zip64Field([0, 0]) : Buffer.alloc(0);
  const size = needsZip64(entry) ? IN_ZIP64 : 0;
  return Buffer.concat([
    longs(0x04034b50),
    shorts(needsZip64(entry) ? ZIP64_VERSION : PLAIN_VERSION, FLAGS, DEFLATED, ...dosTime(entry.modifiedAt)),
    longs(0, size, size),
    shorts(entry.name.length, extra.length),
    Buffer.from(entry.name, 'latin1'),
    extra,
  ]);
}

/** §4.3.9 */
function dataDescriptor({ entry, crc, compressedBytes, byteCount }: Written): Buffer {
  const sizes = needsZip64(entry) ? quads(compressedBytes, byteCount) : longs(compressedBytes, byteCount);
  return Buffer.concat([longs(0x08074b50, crc), sizes]);
}

/** §4.3.12; what does not fit 32 bits is in its Zip64 field (§4.5.3). */
function directoryEntry({ entry, crc, compressedBytes, byteCount, offset }: Written): Buffer {
  const isLarge = byteCount >= IN_ZIP64 || compressedBytes >= IN_ZIP64;
  const isFar = offset >= IN_ZIP64;
  const large = [...(isLarge ? [byteCount, compressedBytes] : []), ...(isFar ? [offset] : [])];
  const extra = large.length > 0 ? zip64Field(large) : Buffer.alloc(0);
  const version = needsZip64(entry) || large.length > 0 ? ZIP64_VERSION : PLAIN_VERSION;
  return Buffer.concat([
    longs(0x02014b50),
    shorts(version, version, FLAGS, DEFLATED, ...dosTime(entry.modifiedAt)),
    longs(crc, ...(isLarge ? [IN_ZIP64, IN_ZIP64] : [compressedBytes, byteCount])),
    shorts(entry.name.length, extra.length, 0, 0, 0),
    longs(0, isFar ? IN_ZIP64 : offset),
    Buffer.from(entry.name, 'latin1'),
    extra,
  ]);
}

/** §4.3.14 to §4.3.16 */
function endOfDirectory(end: { count: number; offset: number; byteCount: number }): Buffer {
  const { count, offset, byteCount } = end;
  const isLarge = count >= SHORT_IN_ZIP64 || offset >= IN_ZIP64 || byteCount >= IN_ZIP64;
  const [shown, placed] = isLarge ? [SHORT_IN_ZIP64, [IN_ZIP64, IN_ZIP64]] : [count, [byteCount, offset]];
  const plain = Buffer.concat([longs(0x06054b50), shorts(0, 0, shown, shown), longs(...placed), shorts(0)]);
  if (!isLarge) return plain;
  return Buffer.concat([
    longs(0x06064b50),
    quads(44),
    shorts(ZIP64_VERSION, ZIP64_VERSION),
    longs(0, 0),
    quads(count, count, byteCount, offset),
    longs(0x07064b50, 0),
    quads(offset + byteCount),
    longs(1),
    plain,
  ]);
}

function zip64Field(values: readonly number[]): Buffer {
  return Buffer.concat([shorts(ZIP64_FIELD, values.length * 8), quads(...values)]);
}

/** Time and date of MS-DOS, in UTC; it begins in 1980. */
function dosTime(seconds: number): [time: number, date: number] {
  const at = new Date(seconds * 1000);
  const time = (at.getUTCHours() << 11) | (at.getUTCMinutes() << 5) | (at.getUTCSeconds() >> 1);
  const date = (Math.max(0, at.getUTCFullYear() - 1980) << 9) | ((at.getUTCMonth() + 1) << 5) | at.getUTCDate();
  return [time, date];
}

function shorts(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  values.forEach((value, index) => bytes.writeUInt16LE(value, index * 2));
  return bytes;
}

function longs(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32LE(value, index * 4));
  return bytes;
}

function quads(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 8);
  values.forEach((value, index) => bytes.writeBigUInt64LE(BigInt(value), index * 8));
  return bytes;
}
