import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { LedgerProvider } from '../../src/ledger/rpc/provider.js';

interface Call {
  id: number;
  method: string;
  params?: unknown[];
}

/** A node of one program: JSON-RPC 2.0 on a free port of the loopback, with batches, before a chain of this process. */
export async function serveChain(provider: LedgerProvider): Promise<{ url: string; close(): Promise<void> }> {
  const answer = async ({ id, method, params = [] }: Call): Promise<object> => {
    try {
      return { jsonrpc: '2.0', id, result: await provider.request({ method, params }) };
    } catch (error) {
      const { code = -32603, message, data } = error as Error & { code?: number; data?: unknown };
      return { jsonrpc: '2.0', id, error: { code, message, data } };
    }
  };
  const server = createServer((request, response) => {
    void json(request).then(async (body) => {
      const answers = Array.isArray(body)
        ? await Promise.all((body as Call[]).map(answer))
        : await answer(body as Call);
      response.end(JSON.stringify(answers));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
