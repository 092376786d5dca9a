import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on a free port that answers what a test says; `host` is the interface. */
export async function serveAnswers(
  listener: RequestListener,
  { host = '127.0.0.1' }: { host?: string } = {},
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer(listener);
  server.listen(0, host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
