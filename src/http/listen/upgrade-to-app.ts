import { IncomingMessage, type RequestListener, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** What a request to upgrade came on, and the bytes that came after it. */
interface Upgrade {
  socket: Duplex;
  head: Buffer;
}

const offered = new WeakSet<object>();
const upgrades = new WeakMap<object, Upgrade>();

/**
 * A request that is one to upgrade to a WebSocket alone: many programs offer `h2c` with each request (RFC 7540 §3.2), and are answered as
 * if they had not. To be given to the server as its `IncomingMessage`.
 */
export class UpgradableMessage extends IncomingMessage {
  get upgrade(): boolean {
    return offered.has(this) && this.headers.upgrade?.toLowerCase() === 'websocket';
  }

  set upgrade(isOffered: boolean | null) {
    if (isOffered === true) offered.add(this);
    else offered.delete(this);
  }
}

/** Leads requests to upgrade through the application like all others, so that each passes the same doors; what refuses it answers as usual. */
export function upgradeToApp(server: Server, app: RequestListener): void {
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    response.assignSocket(socket as Socket);
    response.once('finish', () => socket.end());
    upgrades.set(request, { socket, head });
    app(request, response);
  });
}

/** Takes the connection of a request over from its response; undefined for one that is not to be upgraded. */
export function takeUpgrade(request: IncomingMessage, response: ServerResponse): Upgrade | undefined {
  const upgrade = upgrades.get(request);
  if (upgrade === undefined) return undefined;
  upgrades.delete(request);
  response.detachSocket(upgrade.socket as Socket);
  return upgrade;
}

/** Whether the client wants the connection to become a WebSocket, and it can. */
export const isUpgrade = (request: IncomingMessage): boolean => upgrades.has(request);
