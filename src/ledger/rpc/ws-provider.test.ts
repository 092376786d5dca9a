import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { acceptWebSockets, type TestSocket } from '../testing/ws-server.js';
import { openWsProvider, type WsProvider } from './ws-provider.js';

interface Call {
  id: number;
  method: string;
  params: unknown[];
}

let server: Server;
let provider: WsProvider | undefined;
let sockets: { cutAll(): void };
let opened: TestSocket[];
let bodies: Call[][];
/** What the node answers to a body; undefined never answers. */
let answer: (calls: Call[]) => unknown[] | undefined;

const echo = (calls: Call[]): unknown[] => calls.map(({ id, params }) => ({ id, result: params[0] ?? null })).reverse();

async function listen(port = 0): Promise<void> {
  server = createServer().listen(port, '127.0.0.1');
  sockets = acceptWebSockets(server, (socket) => {
    opened.push(socket);
    return (text) => {
      const body = JSON.parse(text) as Call | Call[];
      bodies.push([body].flat());
      const answers = answer([body].flat());
      if (answers) socket.send(JSON.stringify(Array.isArray(body) ? answers : answers[0]));
    };
  });
  await once(server, 'listening');
}

async function shut(): Promise<void> {
  sockets.cutAll();
  server.close();
  await once(server, 'close');
}

beforeEach(async () => {
  opened = [];
  bodies = [];
  answer = echo;
  await listen();
});
afterEach(async () => {
  await provider?.close();
  sockets.cutAll();
  server.close();
});

const port = (): number => (server.address() as AddressInfo).port;
function connect(options: { timeoutMs?: number; maxBodyBytes?: number; maxBatchCalls?: number } = {}): WsProvider {
  return (provider = openWsProvider({ url: `ws://user:pass-word@127.0.0.1:${port()}/secret-token`, ...options }));
}
const ask = (...values: unknown[]): Promise<unknown[]> =>
  Promise.all(values.map((value) => provider!.request({ method: 'echo', params: [value] })));
const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('createWsProvider', () => {
  it('gives each call its own answer over one connection, batched', async () => {
    connect();
    expect(await Promise.all([ask(1, 'two', [3]), ask(4)])).toEqual([[1, 'two', [3]], [4]]);
    expect(await ask(5)).toEqual([5]);
    expect(bodies.map(({ length }) => length)).toEqual([4, 1]);
    expect(opened).toHaveLength(1);
  });

  it('keeps batches within the bounds of bytes and calls', async () => {
    connect({ maxBodyBytes: 1_000, maxBatchCalls: 5 });
    await ask(...Array.from({ length: 12 }, (_, i) => i));
    expect(bodies.map(({ length }) => length)).toEqual([5, 5, 2]);
  });

  it.each([125, 126, 65_535, 65_536, 70_000_000])('takes an answer with a text of %i bytes', async (byteCount) => {
    answer = ([{ id } = { id: 0 }]) => [{ id, result: 'x'.repeat(byteCount) }];
    connect();
    expect(((await ask(1))[0] as string).length).toBe(byteCount);
  });

  it('gives the error of the node as it words it', async () => {
    answer = ([{ id } = { id: 0 }]) => [{ id, error: { code: 3, message: 'execution reverted', data: '0x1234' } }];
    connect();
    await expect(ask(1)).rejects.toMatchObject({ code: 3, message: 'execution reverted', data: '0x1234' });
  });

  it('says that the node is unavailable when a batch is refused as a whole', async () => {
    answer = () => [[{ id: null, error: { code: -32_600, message: 'batch too large' } }]];
    connect();
    await expect(ask(1, 2)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('says that the node is unavailable when nothing listens, without what its URL hides', async () => {
    connect();
    await shut();
    const failure = (await ask(1).catch((error: Error) => error)) as Error;
    expect(failure).toMatchObject({ code: 'unavailable', retryable: true });
    expect(failure.message).not.toMatch(/secret-token|pass-word|user/);
  });

  it('connects anew after a connection on which nothing comes in time', async () => {
    connect({ timeoutMs: 100 });
    await ask(1);
    answer = () => undefined;
    await expect(ask(2)).rejects.toMatchObject({ code: 'unavailable' });
    answer = echo;
    expect(await ask(3)).toEqual([3]);
    expect(opened).toHaveLength(2);
  });

  it('fails what waits when the connection is cut, and answers the next call', async () => {
    connect();
    await ask(1);
    answer = () => undefined;
    const waiting = ask(2);
    await until(() => bodies.length === 2);
    answer = echo;
    sockets.cutAll();
    await expect(waiting).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    expect(await ask(3)).toEqual([3]);
  });

  it('subscribes again by itself when the node was away, and tells its listener', async () => {
    connect();
    let messages = 0;
    provider!.on('message', () => messages++);
    await provider!.request({ method: 'eth_subscribe', params: ['newHeads'] });
    opened[0]!.send(JSON.stringify({ method: 'eth_subscription', params: { subscription: '0x1', result: {} } }));
    await until(() => messages === 1);
    const at = port();
    await shut();
    await listen(at);
    await until(() => messages === 2);
    const again = bodies.flat().filter(({ method }) => method === 'eth_subscribe');
    expect(again.map(({ params }) => params)).toEqual([['newHeads'], ['newHeads']]);
    opened.at(-1)!.send(JSON.stringify({ method: 'eth_subscription', params: { subscription: '0x2', result: {} } }));
    await until(() => messages === 3);
  });

  it('sends the user and password of its URL as credentials', async () => {
    const asked = once(server, 'upgrade');
    connect();
    await ask(1);
    const [{ headers, url }] = (await asked) as [{ headers: Record<string, string>; url: string }];
    expect(headers.authorization).toBe(`Basic ${Buffer.from('user:pass-word').toString('base64')}`);
    expect(url).toBe('/secret-token');
  });

  it('refuses calls after it was closed', async () => {
    connect();
    await ask(1);
    await provider!.close();
    await expect(ask(2)).rejects.toMatchObject({ code: 'unavailable' });
  });
});
