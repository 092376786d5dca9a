import type { FileHandle } from 'node:fs/promises';
import { LedgerError } from './errors.js';

/** Bytes that can be read at any position: a spooled file, or an instance on the chain. */
export interface ByteSource {
  readonly byteCount: number;
  /** Returns exactly `byteCount` bytes from `offset`; rejects with `corrupt` when the source is shorter. */
  read(offset: number, byteCount: number): Promise<Buffer>;
}

export function bufferSource(bytes: Buffer): ByteSource {
  return {
    byteCount: bytes.length,
    read: async (offset, byteCount) => {
      requireWithin(offset, byteCount, bytes.length);
      return bytes.subarray(offset, offset + byteCount);
    },
  };
}

export function fileSource(file: FileHandle, byteCount: number): ByteSource {
  return {
    byteCount,
    read: async (offset, wanted) => {
      requireWithin(offset, wanted, byteCount);
      const bytes = Buffer.allocUnsafe(wanted);
      let done = 0;
      while (done < wanted) {
        const { bytesRead } = await file.read(bytes, done, wanted - done, offset + done);
        if (bytesRead === 0)
          throw new LedgerError('corrupt', `The file ends at byte ${offset + done}, before ${offset + wanted}.`);
        done += bytesRead;
      }
      return bytes;
    },
  };
}

/** Throws `corrupt` unless the range lies within `total` bytes. */
export function requireWithin(offset: number, byteCount: number, total: number): void {
  if (offset < 0 || byteCount < 0 || offset + byteCount > total) {
    throw new LedgerError(
      'corrupt',
      `Bytes ${offset} to ${offset + byteCount} were asked of a source of ${total} bytes.`,
    );
  }
}
