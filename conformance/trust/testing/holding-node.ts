import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Hex } from '../../../src/ledger/ethereum/hex.js';

/** JSON-RPC on loopback in front of a node, which never answers whoever asks for some code. */
export interface HoldingNode {
  url: string;
  /** From now on this code is not given; undefined gives all. Resolves when somebody asks for it. */
  hold(address: Hex | undefined): Promise<void>;
  close(): Promise<void>;
}

export async function startHoldingNode(nodeUrl: string): Promise<HoldingNode> {
  let held: { address: string; asked: () => void } | undefined;
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      if (held !== undefined && body.includes(held.address)) return held.asked();
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(nodeUrl, { method: 'POST', headers, body });
      response.writeHead(200, headers).end(await answer.text());
    })().catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold: (address) =>
      new Promise((resolve) => {
        held = address && { address: address.slice(2), asked: resolve };
        if (held === undefined) resolve();
      }),
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
