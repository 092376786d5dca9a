import type { IncomingMessage } from 'node:http';
import { isLoopback } from '../base/is-loopback.js';

/** Whether a request comes from this machine itself, and not through a proxy on it. */
export function isFromThisMachine({ headers, socket }: IncomingMessage): boolean {
  const isForwarded = headers.forwarded !== undefined || headers['x-forwarded-for'] !== undefined;
  return !isForwarded && isLoopback(socket.remoteAddress ?? '');
}
