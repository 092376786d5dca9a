import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSocketServer, type Socket } from 'node:net';
import path from 'node:path';
import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { UpgradableMessage, upgradeToApp } from '../listen/upgrade-to-app.js';
import { prepareServer } from '../message/request-body.js';
import { actAs, introductionOf } from './reader-link.js';

/** Where readers reach the process that owns the archive: nobody else can, and nobody else is believed. */
export interface OwnerSocket {
  path: string;
  /** Ends all connections. */
  close(): Promise<void>;
}

/** A certificate and a few names. */
const MAX_INTRODUCTION_BYTES = 131_072;
const INTRODUCTION_MS = 10_000;
const MAX_HEADER_BYTES = 131_072;
/** What the address of a Unix socket may have, with its end (`sun_path` of unix(7)). */
const MAX_PATH_BYTES = 107;

/**
 * Listens on a Unix socket in `folder`, which is made, for readers that know `secret`: `app` answers what clients ask by them, as if each
 * had a connection of its own, and `archive` what readers need themselves. Throws `misconfigured` for a folder whose path is too long.
 */
export async function openOwnerSocket(
  { app, archive, log, secret }: { app: RequestListener; archive: RequestListener; log: Log; secret: string },
  { folder }: { folder: string },
): Promise<OwnerSocket> {
  const file = path.join(path.resolve(folder), 'owner.sock');
  if (Buffer.byteLength(file) > MAX_PATH_BYTES)
    throw new LedgerError(
      'misconfigured',
      `${file} is too long for the address of a socket; give a DATA_DIR with a shorter path, or READERS=0.`,
    );
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o700 });
  const connections = new Set<Socket>();
  const servers = { any: serverFor(app), reading: serverFor(app), archive: createServer(archive) };
  servers.archive.keepAliveTimeout = 0;

  const door = createSocketServer({ allowHalfOpen: true }, (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket)).on('error', () => socket.destroy());
    readIntroduction(socket, (line) => {
      const introduction = introductionOf(line, secret);
      if (introduction === undefined) {
        log.error('Somebody who is no reader of this server has come to its socket.');
        socket.destroy();
        return;
      }
      actAs(socket, introduction);
      servers[introduction.kind].emit('connection', socket);
      socket.resume();
    });
  });
  await new Promise<void>((resolve, reject) => {
    door.once('error', reject).listen(file, resolve);
  });
  await chmod(file, 0o600);
  return {
    path: file,
    close: async () => {
      const closed = new Promise((resolve) => door.close(resolve));
      for (const socket of connections) socket.destroy();
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Connections stay open as long as the reader has the client's, which bounds how long a request may take. */
function serverFor(app: RequestListener): Server {
  const server = createServer(
    { maxHeaderSize: MAX_HEADER_BYTES, IncomingMessage: UpgradableMessage, requireHostHeader: false },
    app,
  );
  prepareServer(server, app);
  upgradeToApp(server, app);
  server.headersTimeout = 0;
  server.keepAliveTimeout = 0;
  return server;
}

/** Calls `done` with the first line; what comes after it is left in the socket, which is paused. */
function readIntroduction(socket: Socket, done: (line: string) => void): void {
  let begun: Buffer = Buffer.alloc(0);
  const giveUp = (): void => void socket.destroy();
  const timer = setTimeout(giveUp, INTRODUCTION_MS);
  socket.once('close', () => clearTimeout(timer)).once('end', giveUp);
  const take = (bytes: Buffer): void => {
    begun = begun.length === 0 ? bytes : Buffer.concat([begun, bytes]);
    const end = begun.indexOf('\n');
    if (end < 0 && begun.length <= MAX_INTRODUCTION_BYTES) return;
    clearTimeout(timer);
    socket.off('data', take).off('end', giveUp).pause();
    if (end + 1 < begun.length) socket.unshift(begun.subarray(end + 1));
    done(begun.subarray(0, Math.max(0, end)).toString());
  };
  socket.on('data', take);
}
