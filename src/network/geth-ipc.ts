import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { LedgerError } from '../base/errors.js';

/** The name of a unix socket has at most 108 bytes (unix(7)), the last of them 0. */
const MAX_SOCKET_NAME = 107;

/** Where the node of that folder has its IPC socket: in it, or in a short folder of this user when its name is too long. */
export function ipcPathOf(folder: string): string {
  const inside = path.resolve(folder, 'geth.ipc');
  if (Buffer.byteLength(inside) <= MAX_SOCKET_NAME) return inside;
  const digest = createHash('sha256').update(inside).digest('hex').slice(0, 16);
  const short = path.join(tmpdir(), `dicom-ledger-${userInfo().uid}`);
  mkdirSync(short, { recursive: true, mode: 0o700 });
  return path.join(short, `${digest}.ipc`);
}

/**
 * One JSON-RPC call over a node's IPC socket. Rejects with `unavailable` when nobody listens there or no answer comes, with
 * the node's own message as `chain-refused` when it refuses.
 */
export function callGethIpc(
  socketPath: string,
  method: string,
  parameters: readonly unknown[],
  timeoutMs = 30_000,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    const unavailable = (why: string): void => {
      socket.destroy();
      const sentence = `The node at ${socketPath} does not answer ${method} (${why}): start it with "dicom-ledger network start".`;
      reject(new LedgerError('unavailable', sentence, { retryable: true }));
    };
    socket.setTimeout(timeoutMs, () => unavailable(`nothing for ${timeoutMs} ms`));
    socket.on('error', (error: NodeJS.ErrnoException) => unavailable(error.code ?? error.message));
    socket.on('close', () => unavailable('it hung up'));
    let text = '';
    socket.setEncoding('utf8').on('data', (part: string) => {
      text += part;
      if (!text.endsWith('\n')) return;
      socket.destroy();
      const { result, error } = JSON.parse(text) as { result?: unknown; error?: { message: string } };
      if (error) reject(new LedgerError('chain-refused', `The node refuses ${method}: ${error.message}.`));
      else resolve(result);
    });
    socket.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: parameters })}\n`);
  });
}
