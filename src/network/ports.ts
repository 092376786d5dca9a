import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { LedgerError } from '../errors.js';

/** Ports of `host` that nobody listens on now, all different. */
export async function freePorts(count: number, host = '127.0.0.1'): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0, host)));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(close));
  return ports;
}

/** Throws `misconfigured` when somebody listens there already. */
export async function requireFree(port: number, what: string, host = '127.0.0.1'): Promise<void> {
  const server = await listen(port, host).catch((cause: NodeJS.ErrnoException) => {
    throw new LedgerError(
      'misconfigured',
      `${what} cannot listen on ${host}:${port} (${cause.code}): stop the program that does, ` +
        `perhaps left over by a network that was killed (see "ss -ltnp sport = :${port}"), or give another port.`,
      { cause },
    );
  });
  await close(server);
}

async function listen(port: number, host: string): Promise<Server> {
  const server = createServer();
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
