import type { IncomingMessage } from 'node:http';
import { isLoopback } from '../base/is-loopback.js';

/** Whether a request comes from this machine itself, and not through a proxy on it. */
export function isFromThisMachine({ headers, socket }: IncomingMessage): boolean {
  const isForwarded = Object.keys(headers).some((name) => /^(x-)?forwarded/.test(name));
  return !isForwarded && isLoopback(socket.remoteAddress ?? '');
}
