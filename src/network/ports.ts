import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { LedgerError } from '../base/errors.js';

/** Below the ports that systems give to outgoing connections (32768 and up on Linux): nobody gets these by chance. */
const RANGE = [10_000, 32_768] as const;

/** Ports of loopback that nobody listens on now, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(...RANGE);
    if (!ports.has(port) && (await isFree(port))) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  try {
    await close(await listen(port, '127.0.0.1'));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return false;
    throw error;
  }
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
