import type { IncomingMessage } from 'node:http';

/**
 * The address that a request comes from: behind a proxy (BEHIND_TLS_PROXY) the last that it names in X-Forwarded-For, which is its
 * own word; what stands before that is the client's.
 */
export function clientAddress({ headers, socket }: IncomingMessage, isBehindProxy: boolean): string {
  const forwarded = headers['x-forwarded-for'];
  const last = isBehindProxy
    ? String(forwarded ?? '')
        .split(',')
        .at(-1)
        ?.trim()
    : undefined;
  return last || (socket.remoteAddress ?? '');
}
