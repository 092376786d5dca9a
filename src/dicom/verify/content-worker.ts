import type { MessagePort } from 'node:worker_threads';
import sharp from 'sharp';
import { type ErrorCode, LedgerError } from '../../base/errors.js';
import { hasTrapped } from '../codec/has-trapped.js';
import { asBuffer } from '../data-set/as-buffer.js';
import { portSource } from './port-source.js';
import { type ContentFault, verifyContent } from './verify-content.js';

/** One instance to verify. Crosses the thread boundary, where every Buffer becomes a Uint8Array. */
export interface ContentTask {
  /** By which its bytes are read. */
  port: MessagePort;
  byteCount: number;
  sha256: string;
  header: Uint8Array;
  preview: Uint8Array;
}

/** What comes back: errors as values, because a thread boundary leaves only their message. */
export type ContentAnswer =
  { kind: 'judged'; fault: ContentFault | undefined } | { kind: 'failed'; code: ErrorCode; message: string };

sharp.concurrency(1);
sharp.cache(false);

export default async function verify({ port, byteCount, sha256, ...task }: ContentTask): Promise<ContentAnswer> {
  const announced = { sha256, header: asBuffer(task.header), preview: asBuffer(task.preview) };
  try {
    return { kind: 'judged', fault: await verifyContent(portSource(port, byteCount), announced) };
  } catch (error) {
    // A codec that broke off is thrown away with its thread: the pool starts another.
    if (hasTrapped(error)) process.exit(1);
    const { code, message } = error instanceof LedgerError ? error : new LedgerError('internal', 'It broke off.');
    return { kind: 'failed', code, message };
  } finally {
    port.close();
  }
}
