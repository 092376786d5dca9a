import { createHash } from 'node:crypto';
import { MAX_FILE_META_BYTES, readFileMeta } from '../data-set/file-meta.js';
import type { ByteSource } from '../../base/byte-source.js';

/** Computes the SHA-256 of a Part 10 file's data set while the file is received, so that it need not be read again. */
export interface DataSetDigest {
  update(chunk: Buffer): void;
  /** Hex; undefined when the bytes do not begin like a Part 10 file. */
  digest(): string | undefined;
}

export function createDataSetDigest(): DataSetDigest {
  const hash = createHash('sha256');
  let head: Buffer | undefined = Buffer.alloc(0);
  let understood = true;
  const decide = (): void => {
    try {
      hash.update(head!.subarray(readFileMeta(head!).dataSetOffset));
    } catch {
      understood = false;
    }
    head = undefined;
  };
  return {
    update: (chunk) => {
      if (head) {
        head = Buffer.concat([head, chunk]);
        if (head.length >= MAX_FILE_META_BYTES) decide();
      } else if (understood) {
        hash.update(chunk);
      }
    },
    digest: () => {
      if (head) decide();
      return understood ? hash.digest('hex') : undefined;
    },
  };
}

const READ_BYTES = 1024 * 1024;

/** SHA-256 of a source from `offset` to its end, hex. */
export async function sha256From(source: ByteSource, offset: number): Promise<string> {
  const hash = createHash('sha256');
  for (let at = offset; at < source.byteCount; at += READ_BYTES)
    hash.update(await source.read(at, Math.min(READ_BYTES, source.byteCount - at)));
  return hash.digest('hex');
}
