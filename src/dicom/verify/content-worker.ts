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

/** A longer instance is not kept: of what is asked for twice it is read twice. */
const MAX_KEPT_BYTES = 32 * 1024 * 1024;

let memory = new SharedArrayBuffer(0);

/** Memory for a whole instance, the same for one after the other; undefined for one that is too long. */
function memoryFor(byteCount: number): SharedArrayBuffer | undefined {
  if (byteCount > MAX_KEPT_BYTES) return undefined;
  if (byteCount > memory.byteLength) memory = new SharedArrayBuffer(Math.min(2 * byteCount, MAX_KEPT_BYTES));
  return memory;
}

sharp.concurrency(1);
sharp.cache(false);

export default async function verify({ port, byteCount, sha256, ...task }: ContentTask): Promise<ContentAnswer> {
  const source = portSource(port, byteCount, memoryFor(byteCount));
  const announced = { sha256, header: asBuffer(task.header), preview: asBuffer(task.preview) };
  try {
    return { kind: 'judged', fault: await verifyContent(source, announced) };
  } catch (error) {
    // A codec that broke off is thrown away with its thread: the pool starts another.
    if (hasTrapped(error)) process.exit(1);
    const { code, message } = error instanceof LedgerError ? error : new LedgerError('internal', 'It broke off.');
    return { kind: 'failed', code, message };
  } finally {
    // What comes late is not to be taken for bytes of the next instance.
    if (source.isReading) memory = new SharedArrayBuffer(0);
    port.close();
  }
}
