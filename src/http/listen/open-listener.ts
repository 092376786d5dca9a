import { unwatchFile, watchFile } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import {
  createServer as createSocketServer,
  type AddressInfo,
  type Server as SocketServer,
  type Socket,
} from 'node:net';
import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { prepareServer } from '../message/request-body.js';
import { createDrain } from './create-drain.js';
import { UpgradableMessage, upgradeToApp } from './upgrade-to-app.js';
import { readTls, type TlsFiles } from './read-tls.js';

/** A port on which requests are taken. */
export interface Listener {
  /** `http://127.0.0.1:8080`, or https. */
  url: string;
  /** Takes no more requests and closes connections without one; resolves when those under way have ended, or 20 s later, when they are cut off. */
  close(): Promise<void>;
}

export interface ListenerOptions {
  HOST: string;
  /** 0 takes a free one. */
  PORT: number;
  MAX_CONNECTIONS: number;
  /** Undefined: without TLS. */
  tls: TlsFiles | undefined;
  /** How often the files of `tls` are looked at; 5 s unless told. */
  lookEveryMs?: number;
}

/** Takes a connection that was accepted and not read from, to answer it elsewhere; says whether it does. */
export type Share = (socket: Socket) => boolean;

const MAX_HEADER_BYTES = 65_536;
const HANDSHAKE_MS = 20_000;
const LOOK_EVERY_MS = 5_000;

/** A server for `app` that does not listen yet, what ends it, and what stops looking at the files of TLS. */
export async function prepareListener(
  { app, log }: { app: RequestListener; log: Log },
  { tls, lookEveryMs = LOOK_EVERY_MS }: Pick<ListenerOptions, 'tls' | 'lookEveryMs'>,
): Promise<{ server: Server; close: () => Promise<void> }> {
  const options = { maxHeaderSize: MAX_HEADER_BYTES, IncomingMessage: UpgradableMessage };
  const server =
    tls === undefined
      ? createServer(options, app)
      : createTlsServer(
          {
            ...options,
            ...(await readTls(tls)),
            handshakeTimeout: HANDSHAKE_MS,
            // Whoever shows none, or one of others, comes in by another way or not at all.
            requestCert: tls.TLS_CLIENT_CA_FILE !== undefined,
            rejectUnauthorized: false,
          },
          app,
        );
  prepareServer(server, app);
  upgradeToApp(server, app);
  const drain = createDrain(server);
  const forget =
    'setSecureContext' in server && tls !== undefined
      ? follow(tls, lookEveryMs, async () => {
          try {
            server.setSecureContext(await readTls(tls));
            log.info('The files of TLS have changed and are in use.');
          } catch (error) {
            log.error({ err: error }, 'The files of TLS have changed and cannot be used; those of before still are.');
          }
        })
      : () => undefined;
  return {
    server,
    close: () => {
      forget();
      return drain();
    },
  };
}

/** Listens for `app`, or for who takes its connections by `share`. Throws `misconfigured` for a port that cannot be had, and for files of TLS that cannot be used. */
export async function openListener(
  { app, log, share }: { app: RequestListener; log: Log; share?: Share },
  { HOST, PORT, MAX_CONNECTIONS, ...options }: ListenerOptions,
): Promise<Listener> {
  const { server, close } = await prepareListener({ app, log }, options);
  const door = share === undefined ? server : doorTo(server, share);
  door.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    door.once('error', reject);
    door.listen(PORT, HOST, resolve);
  }).catch((cause: NodeJS.ErrnoException) => {
    const sentence = `Cannot listen on ${HOST} port ${PORT} (${cause.code ?? String(cause)}); choose another HOST or PORT.`;
    throw new LedgerError('misconfigured', sentence, { cause });
  });
  const { port } = door.address() as AddressInfo;
  return {
    url: `${options.tls === undefined ? 'http' : 'https'}://${urlHost(HOST)}:${port}`,
    close: () => {
      if (door !== server) door.close();
      return close();
    },
  };
}

/** Takes connections, and gives the server those that nobody else takes. */
function doorTo(server: Server, share: Share): SocketServer {
  const answer = answerGiven(server);
  return createSocketServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) => {
    if (!share(socket)) answer(socket);
  });
}

/** Has a server that does not listen itself answer connections that were accepted elsewhere, and not read from. */
export function answerGiven(server: Server): (socket: Socket) => void {
  // From then on Node minds how long a head takes to come, and which connections are idle.
  server.emit('listening');
  return (socket) => {
    server.emit('connection', socket);
    socket.resume();
  };
}

/** Calls `changed` when one of the files is another one; by polling, since links and mounts are changed too (RFC 8555 clients, Kubernetes). */
function follow(files: TlsFiles, everyMs: number, changed: () => Promise<void>): () => void {
  const paths = Object.values(files as unknown as Record<string, string | undefined>).filter(
    (path) => path !== undefined,
  );
  const look = (): void => void changed();
  for (const path of paths) watchFile(path, { interval: everyMs, persistent: false }, look);
  return () => paths.forEach((path) => unwatchFile(path, look));
}

/** As it stands in a URL that this machine can open: the unspecified address as loopback, IPv6 in brackets (RFC 3986 §3.2.2). */
function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
