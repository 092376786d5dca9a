import { timingSafeEqual, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/**
 * What a connection of a reader to the owner is for: requests that are passed on as they are, requests that the reader can answer itself,
 * or what the reader itself needs of the archive.
 */
export type ReaderLinkKind = 'any' | 'reading' | 'archive';

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

/** The first line of a connection to the owner, as JSON. */
export interface Introduction {
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

const kinds = new WeakMap<object, ReaderLinkKind>();

/** Makes a connection from a reader look like that of the client, for all that asks who that is. Throws for a certificate that is none. */
export function actAs(socket: Socket, { kind, client }: Introduction): void {
  kinds.set(socket, kind);
  if (client === undefined) return;
  const { certificate, ...facts } = client;
  const x509 = certificate === undefined ? undefined : new X509Certificate(Buffer.from(certificate, 'base64'));
  for (const [name, value] of Object.entries({ ...facts, getPeerX509Certificate: () => x509 }))
    Object.defineProperty(socket, name, { value, configurable: true });
}

/** Whether a request comes from a reader that can answer it itself. */
export const isForReader = ({ socket }: { socket: object }): boolean => kinds.get(socket) === 'reading';

/** What was introduced; undefined when it was not said so, or by somebody else. */
export function introductionOf(line: string, secret: string): Introduction | undefined {
  try {
    const introduction = JSON.parse(line) as Introduction;
    const [said, known] = [introduction.secret, secret].map((text) => Buffer.from(String(text)));
    const isOurs = said !== undefined && known?.length === said.length && timingSafeEqual(said, known);
    return isOurs ? introduction : undefined;
  } catch {
    return undefined;
  }
}
