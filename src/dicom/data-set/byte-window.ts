import type { ByteSource } from '../../base/byte-source.js';

/** The part of a data set's bytes that is in memory. Offsets count from the first byte of the whole. */
export interface ByteWindow {
  /** Where the bytes end; undefined while that is not known. */
  readonly end: number | undefined;
  has(offset: number, byteCount: number): boolean;
  /** Brings the bytes into memory; false when the data end before. Offsets may never go back. */
  fill(offset: number, byteCount: number): Promise<boolean>;
  uint16(offset: number, bigEndian: boolean): number;
  uint32(offset: number, bigEndian: boolean): number;
  /** Shares memory with the window until the next `fill`. */
  bytes(offset: number, byteCount: number): Buffer;
  /** Releases the source of the bytes, whether all of them were read or not. */
  close(): Promise<void>;
}

const SEQUENTIAL_BYTES = 65_536;
const AFTER_SKIP_BYTES = 4_096;

const close = async (): Promise<void> => undefined;

interface Held {
  start: number;
  buffer: Buffer;
}

function view(held: Held): Pick<ByteWindow, 'has' | 'uint16' | 'uint32' | 'bytes'> {
  return {
    has: (offset, byteCount) => offset >= held.start && offset + byteCount <= held.start + held.buffer.length,
    uint16: (offset, bigEndian) =>
      bigEndian ? held.buffer.readUInt16BE(offset - held.start) : held.buffer.readUInt16LE(offset - held.start),
    uint32: (offset, bigEndian) =>
      bigEndian ? held.buffer.readUInt32BE(offset - held.start) : held.buffer.readUInt32LE(offset - held.start),
    bytes: (offset, byteCount) => held.buffer.subarray(offset - held.start, offset - held.start + byteCount),
  };
}

/** All bytes at once: `fill` is never needed. */
export function memoryWindow(buffer: Buffer): ByteWindow {
  const held = { start: 0, buffer };
  return { ...view(held), end: buffer.length, fill: async (offset, n) => offset + n <= buffer.length, close };
}

/** Reads 64 KB ahead in a row, and 4 KB after a jump over a long value. */
export function sourceWindow(source: ByteSource): ByteWindow {
  const held: Held = { start: 0, buffer: Buffer.alloc(0) };
  return {
    ...view(held),
    end: source.byteCount,
    fill: async (offset, byteCount) => {
      if (offset + byteCount > source.byteCount) return false;
      const jumped = offset > held.start + held.buffer.length;
      const wanted = Math.max(byteCount, jumped ? AFTER_SKIP_BYTES : SEQUENTIAL_BYTES);
      held.buffer = await source.read(offset, Math.min(wanted, source.byteCount - offset));
      held.start = offset;
      return true;
    },
    close,
  };
}

/** A window over bytes that can be read only once, in order. */
export function streamWindow(chunks: AsyncIterator<Buffer>): ByteWindow {
  const held: Held = { start: 0, buffer: Buffer.alloc(0) };
  let end: number | undefined;
  return {
    ...view(held),
    get end() {
      return end;
    },
    fill: async (offset, byteCount) => {
      const parts: Buffer[] = [];
      let present = 0;
      const keep = (start: number, buffer: Buffer): void => {
        const from = Math.max(0, offset - start);
        if (from >= buffer.length) return;
        parts.push(buffer.subarray(from));
        present += buffer.length - from;
      };
      keep(held.start, held.buffer);
      let position = held.start + held.buffer.length;
      while (present < byteCount && end === undefined) {
        const next = await chunks.next();
        if (next.done) {
          end = position;
          break;
        }
        keep(position, next.value);
        position += next.value.length;
      }
      held.start = present === 0 ? position : offset;
      held.buffer = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
      return present >= byteCount;
    },
    close: async () => {
      await chunks.return?.();
    },
  };
}
