import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLog } from '../../base/log.js';
import { connectNodes } from './connect-nodes.js';
import type { Hex } from '../ethereum/hex.js';
import type { Nodes } from './node.js';
import { acceptWebSockets } from '../testing/ws-server.js';

let servers: Server[] = [];
let nodes: Nodes | undefined;
afterEach(async () => {
  await nodes?.close();
  nodes = undefined;
  servers.forEach((server) => {
    server.closeAllConnections();
    server.close();
  });
  servers = [];
});

interface Call {
  id: number;
  method: string;
}
const block = { number: '0x0', hash: `0x${'11'.repeat(32)}`, parentHash: '0x', timestamp: '0x1', gasLimit: '0x1' };

/** A node that knows one block, over HTTP and WebSocket; returns its `host:port`. `status` is that of its HTTP answers. */
async function node({ chainId = '0x7', status = 200 }: { chainId?: Hex; status?: number } = {}): Promise<string> {
  const answer = (text: string): string => {
    const body = JSON.parse(text) as Call | Call[];
    const answers = [body].flat().map(({ id, method }) => ({ id, result: method === 'eth_chainId' ? chainId : block }));
    return JSON.stringify(Array.isArray(body) ? answers : answers[0]);
  };
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => response.writeHead(status).end(answer(Buffer.concat(parts).toString())));
  }).listen(0, '127.0.0.1');
  acceptWebSockets(server, (socket) => (text) => socket.send(answer(text)));
  servers.push(server);
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const connect = async (...urls: string[]): Promise<Nodes> =>
  (nodes = await connectNodes({ urls, log: silentLog, timeoutMs: 2_000 }));
const nowhere = 'http://127.0.0.1:1';

describe('connectNodes', () => {
  it('connects over HTTP and WebSocket, in the order of the URLs', async () => {
    const [a, b] = [await node(), await node()];
    await connect(`ws://${a}`, `http://${b}/`);
    expect(nodes!.all.map(({ name }) => name)).toEqual([a, b]);
    for (const { rpc } of nodes!.all) expect(await rpc.chainId()).toBe(7n);
  });

  it('starts as long as one node answers', async () => {
    const a = await node();
    await connect(nowhere, `http://${a}`);
    expect(await nodes!.rpc.chainId()).toBe(7n);
    expect(nodes!.status().map(({ reachable }) => reachable)).toEqual([false, true]);
  });

  it.each([429, 502, 503])('goes to the next from a node that answers with status %i', async (status) => {
    const [a, b] = [await node({ status }), await node()];
    await connect(`http://${a}`, `http://${b}`);
    expect(await nodes!.rpc.chainId()).toBe(7n);
    expect(nodes!.status()[0]).toMatchObject({ reachable: false });
  });

  it('names the hosts when none answers, and nothing that their URLs hide', async () => {
    const failure = (await connect('http://user:pass-word@127.0.0.1:1/token', 'ws://127.0.0.1:2').catch(
      (error: Error) => error,
    )) as Error;
    expect(failure).toMatchObject({ code: 'unavailable', retryable: true });
    expect(failure.message).toMatch(/127\.0\.0\.1:1, 127\.0\.0\.1:2/);
    expect(failure.message).not.toMatch(/user|pass-word|token/);
  });

  it('refuses nodes of different chains', async () => {
    const [a, b] = [await node(), await node({ chainId: '0x8' })];
    await expect(connect(`http://${a}`, `http://${b}`)).rejects.toMatchObject({ code: 'misconfigured' });
  });

  it.each([
    [['not a url with pass-word']],
    [['ftp://user:pass-word@node/']],
    [['http://user:pass-word@node/', 'http://user:pass-word@node/']],
    [['ws://user:pass-word@']],
    [[]],
  ])('refuses %j in a sentence without credentials', async (urls: string[]) => {
    const failure = (await connect(...urls).catch((error: Error) => error)) as Error;
    expect(failure).toMatchObject({ code: 'misconfigured' });
    expect(failure.message).toContain('LEDGER_URL');
    expect(failure.message).not.toContain('pass-word');
  });
});
