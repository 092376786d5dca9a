import { closeSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/** What the name of a file says of it. The file is the bytes and nothing else. */
export interface ExtentFile {
  imageId: string;
  contentKey: string;
  extent: number;
  byteCount: number;
  /** CRC-32 in eight hexadecimal digits. */
  checksum: string;
  /** Higher than those of all files that were there before: no name comes again, and the order is that in which they were written. */
  sequence: number;
}

const NAME = /^(\d{1,15})-(0x[0-9a-f]+)-([0-9a-f]+)-(\d{1,10})-(\d{1,10})-([0-9a-f]{8})\.extent$/;

export function extentFileName({ sequence, imageId, contentKey, extent, byteCount, checksum }: ExtentFile): string {
  return `${sequence}-${imageId}-${contentKey}-${extent}-${byteCount}-${checksum}.extent`;
}

/** Undefined for a name that is of something else. */
export function parseExtentFileName(name: string): ExtentFile | undefined {
  const [, sequence, imageId, contentKey, extent, byteCount, checksum] = NAME.exec(name) ?? [];
  if (imageId === undefined || contentKey === undefined || checksum === undefined) return undefined;
  return {
    ...{ imageId, contentKey, checksum },
    ...{ sequence: Number(sequence), extent: Number(extent), byteCount: Number(byteCount) },
  };
}

export function checksumOf(bytes: Buffer): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}

/** The bytes of a file; undefined when there is none, or when it is not what was written. */
export function readExtentFile(
  file: string,
  { byteCount, checksum }: Pick<ExtentFile, 'byteCount' | 'checksum'>,
): Buffer | undefined {
  try {
    const handle = openSync(file, 'r');
    try {
      const bytes = Buffer.allocUnsafeSlow(byteCount);
      const read = readSync(handle, bytes, 0, byteCount, 0);
      return read === byteCount && checksumOf(bytes) === checksum ? bytes : undefined;
    } finally {
      closeSync(handle);
    }
  } catch {
    return undefined;
  }
}

/** Says whether all of it was written. A power cut may leave less, or zeros: the checksum tells. */
export async function writeExtentFile(file: string, bytes: Buffer): Promise<boolean> {
  try {
    const handle = await open(file, 'wx');
    try {
      const { bytesWritten } = await handle.write(bytes);
      return bytesWritten === bytes.length;
    } finally {
      await handle.close();
    }
  } catch {
    return false;
  }
}
