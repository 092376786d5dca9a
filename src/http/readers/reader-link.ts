import { timingSafeEqual, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/**
 * What a connection of a reader to the owner is for: requests that are passed on as they are, requests that the reader can answer itself,
 * or what the reader itself needs of the archive.
 */
export type ReaderLinkKind = (typeof KINDS)[number];

const KINDS = ['any', 'reading', 'archive'] as const;

/** Whose requests come by a connection. */
interface LinkClient {
  remoteAddress: string | undefined;
  remotePort: number | undefined;
  localPort: number | undefined;
  encrypted: boolean;
  authorized: boolean;
  authorizationError: string | undefined;
  /** The client's, in DER and base64. */
  certificate: string | undefined;
}

/** The first line of a connection to the owner, as JSON. Those of clients have one. */
interface Introduction {
  /** What only this server's own processes know. */
  secret: string;
  kind: ReaderLinkKind;
  client?: LinkClient;
}

/** What a reader tells of one of its connections. */
export function clientOf(socket: Socket): LinkClient {
  const { remoteAddress, remotePort, localPort } = socket;
  const { encrypted, authorized, authorizationError, getPeerX509Certificate } = socket as Partial<TLSSocket>;
  return {
    ...{ remoteAddress, remotePort, localPort },
    encrypted: encrypted === true,
    authorized: authorized === true,
    authorizationError: authorizationError === undefined ? undefined : String(authorizationError),
    certificate: getPeerX509Certificate?.call(socket)?.raw.toString('base64'),
  };
}

/** What a connection is for, and what it shows of the client. */
interface Introduced {
  kind: ReaderLinkKind;
  client: object;
}

const kinds = new WeakMap<object, ReaderLinkKind>();

/** Makes a connection from a reader look like that of the client, for all that asks who that is. */
export function actAs(socket: Socket, { kind, client }: Introduced): void {
  kinds.set(socket, kind);
  for (const [name, value] of Object.entries(client))
    Object.defineProperty(socket, name, { value, configurable: true });
}

/** Whether a request comes from a reader that can answer it itself. */
export const isForReader = ({ socket }: { socket: object }): boolean => kinds.get(socket) === 'reading';

/** What was introduced; undefined when it was not said so, or by somebody else. */
export function introductionOf(line: string, secret: string): Introduced | undefined {
  try {
    const { secret: said, kind, client } = JSON.parse(line) as Introduction;
    if (!isSame(said, secret) || !KINDS.includes(kind) || (kind === 'archive') !== (client === undefined))
      return undefined;
    if (client === undefined) return { kind, client: {} };
    if (!isClient(client)) return undefined;
    const { certificate, ...facts } = client;
    const x509 = certificate === undefined ? undefined : new X509Certificate(Buffer.from(certificate, 'base64'));
    return { kind, client: { ...facts, getPeerX509Certificate: () => x509 } };
  } catch {
    return undefined;
  }
}

function isSame(said: unknown, known: string): boolean {
  const [a, b] = [Buffer.from(String(said)), Buffer.from(known)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function isClient(client: LinkClient): boolean {
  const { remoteAddress, authorizationError, certificate, remotePort, localPort, encrypted, authorized } = client;
  return (
    [remoteAddress, authorizationError, certificate].every((one) => one === undefined || typeof one === 'string') &&
    [remotePort, localPort].every((one) => one === undefined || Number.isInteger(one)) &&
    [encrypted, authorized].every((one) => typeof one === 'boolean')
  );
}
