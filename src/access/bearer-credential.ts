import type { IncomingMessage } from 'node:http';

/** What follows `Authorization: Bearer` (RFC 6750 §2.1); undefined when the request has no such header. */
export function bearerCredential({ headers }: IncomingMessage): string | undefined {
  return /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(headers.authorization ?? '')?.[1];
}
