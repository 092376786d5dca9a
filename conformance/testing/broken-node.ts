import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** `wrong-bytes` flips a bit in every long code; `errors` answers each call with the node's own failure; `hangs` never answers. */
export type Trouble = 'none' | 'wrong-bytes' | 'errors' | 'hangs';

export interface BrokenNode {
  url: string;
  trouble: Trouble;
  /** Calls that came while there was trouble. */
  spoiled: number;
  close(): Promise<void>;
}

interface Answer {
  id: unknown;
  result?: unknown;
  error?: object;
}

/** Longer than any answer that is no code. */
const codeDigits = 2_000;

/** JSON-RPC on loopback in front of the node at `nodeUrl`, with the trouble that is set. */
export async function startBrokenNode(nodeUrl: string): Promise<BrokenNode> {
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      const { trouble } = broken;
      if (trouble !== 'none') broken.spoiled++;
      if (trouble === 'hangs') return;
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(nodeUrl, { method: 'POST', headers, body });
      const answers = (await answer.json()) as Answer | Answer[];
      const spoiled = Array.isArray(answers) ? answers.map((one) => spoil(one, trouble)) : spoil(answers, trouble);
      response.writeHead(200, headers).end(JSON.stringify(spoiled));
    })().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const broken: BrokenNode = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    trouble: 'none',
    spoiled: 0,
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  return broken;
}

function spoil({ id, ...answer }: Answer, trouble: Trouble): object {
  if (trouble === 'errors') return { jsonrpc: '2.0', id, error: { code: -32603, message: 'missing trie node' } };
  if (trouble !== 'wrong-bytes' || typeof answer.result !== 'string' || answer.result.length < codeDigits)
    return { jsonrpc: '2.0', id, ...answer };
  const last = Number.parseInt(answer.result.slice(-1), 16);
  return { jsonrpc: '2.0', id, result: `${answer.result.slice(0, -1)}${(last ^ 1).toString(16)}` };
}
