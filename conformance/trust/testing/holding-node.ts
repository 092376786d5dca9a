import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** JSON-RPC on loopback in front of a node, which never answers whoever asks for something. */
export interface HoldingNode {
  url: string;
  /**
   * From now on calls with these words in them are not answered; undefined answers all, and hangs up on whoever still waits. Resolves when the first of
   * them comes.
   */
  hold(words: string | undefined): Promise<void>;
  close(): Promise<void>;
}

export async function startHoldingNode(nodeUrl: string): Promise<HoldingNode> {
  const waiting = new Set<ServerResponse>();
  let held: { words: string; asked: () => void } | undefined;
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      if (held !== undefined && body.includes(held.words)) {
        waiting.add(response);
        return held.asked();
      }
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(nodeUrl, { method: 'POST', headers, body });
      response.writeHead(200, headers).end(await answer.text());
    })().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold: (words) =>
      new Promise((resolve) => {
        held = words === undefined ? undefined : { words, asked: resolve };
        if (held !== undefined) return;
        for (const response of waiting) response.destroy();
        waiting.clear();
        resolve();
      }),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
