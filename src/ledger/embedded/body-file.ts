import { readSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { LedgerError } from '../../base/errors.js';

/** The raw transactions of all blocks, one after the other. What lies beyond the head's end is of a block that never was. */
export interface BodyFile {
  /** Writes `parts` one after the other from `offset` and returns when they are on disk (fdatasync). */
  write(offset: number, parts: readonly Uint8Array[]): Promise<void>;
  /** Fills `bytes` with those from `offset` on. Throws `corrupt` when the file is shorter. */
  read(offset: number, bytes: Uint8Array): void;
  close(): Promise<void>;
}

const MAX_BUFFERS_PER_WRITE = 512; // Linux: IOV_MAX is 1024

export async function openBodyFile(path: string): Promise<BodyFile> {
  const file = await openOrCreate(path);
  return {
    write: async (offset, parts) => {
      let position = offset;
      for (let from = 0; from < parts.length; from += MAX_BUFFERS_PER_WRITE) {
        const some = parts.slice(from, from + MAX_BUFFERS_PER_WRITE);
        const wanted = some.reduce((sum, part) => sum + part.length, 0);
        const { bytesWritten } = await file.writev(some, position);
        if (bytesWritten < wanted) {
          const rest = Buffer.concat(some).subarray(bytesWritten);
          await writeAll(file, rest, position + bytesWritten);
        }
        position += wanted;
      }
      await file.datasync();
    },
    read: (offset, bytes) => {
      const byteCount = bytes.length;
      for (let done = 0; done < byteCount;) {
        const count = readSync(file.fd, bytes, done, byteCount - done, offset + done);
        if (count === 0)
          throw new LedgerError(
            'corrupt',
            `The chain's file ${path} ends at byte ${offset + done}, before ${offset + byteCount}; restore it from a copy.`,
          );
        done += count;
      }
    },
    close: () => file.close(),
  };
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;)
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}

async function openOrCreate(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return open(path, 'wx+', 0o600);
  }
}
