import { afterEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openHttpProvider, type HttpProvider } from './http-provider.js';

interface Call {
  id: number;
  method: string;
  params: unknown[];
}

let server: Server | undefined;
let provider: HttpProvider | undefined;
afterEach(async () => {
  await provider?.close();
  server?.closeAllConnections();
  server?.close();
});

/** A node that answers each body with `answer`; undefined never answers. Returns the bodies that it was sent. */
async function node(answer: (calls: Call[]) => unknown, status = 200): Promise<Call[][]> {
  const bodies: Call[][] = [];
  server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(parts).toString()) as Call | Call[];
      bodies.push([body].flat());
      const answered = answer([body].flat());
      if (answered === undefined) return;
      response.statusCode = status;
      response.end(JSON.stringify(Array.isArray(body) || status !== 200 ? answered : (answered as unknown[])[0]));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return bodies;
}

function connect(options: { timeoutMs?: number; maxBodyBytes?: number; maxBatchCalls?: number } = {}): HttpProvider {
  const url = `http://127.0.0.1:${(server!.address() as AddressInfo).port}/secret-token`;
  return (provider = openHttpProvider({ url, ...options }));
}

const echo = (calls: Call[]): unknown => calls.map(({ id, params }) => ({ id, result: params[0] })).reverse();
const ask = (...values: unknown[]): Promise<unknown[]> =>
  Promise.all(values.map((value) => provider!.request({ method: 'echo', params: [value] })));

describe('createHttpProvider', () => {
  it('gives code as bytes, and a transaction as its hex', async () => {
    const codes = Array.from({ length: 7 }, (_, i) => randomBytes(i * 800));
    const bodies = await node((calls) =>
      calls
        .map(({ id, params }) => ({ id, result: `0x${(codes[Number(params[0])] ?? Buffer.alloc(0)).toString('hex')}` }))
        .reverse(),
    );
    connect({ maxBatchCalls: 3 });
    expect(await provider!.getCodes!(codes.map((_, i) => `0x${i}` as const))).toEqual(codes);
    expect(bodies.map(({ length }) => length)).toEqual([3, 3, 1]);
    await Promise.all(
      [Buffer.from('abcd', 'hex'), Buffer.from('ef', 'hex')].map((raw) => provider!.sendRawTransactionBytes!(raw)),
    );
    expect(bodies.at(-1)).toMatchObject([
      { method: 'eth_sendRawTransaction', params: ['0xabcd'] },
      { method: 'eth_sendRawTransaction', params: ['0xef'] },
    ]);
  });

  it('passes on what the node says instead of code, and rejects with unavailable where it says nothing', async () => {
    await node((calls) => calls.map(({ id }) => ({ id, error: { code: -32000, message: 'missing trie node' } })));
    connect();
    await expect(provider!.getCodes!(['0xaa'])).rejects.toMatchObject({ code: -32000, message: 'missing trie node' });
    server!.closeAllConnections();
    server!.close();
    await expect(provider!.getCodes!(['0xaa'])).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('rejects with unavailable when an answer has no code', async () => {
    await node((calls) => calls.map(({ id }) => ({ id, result: null })));
    connect();
    await expect(provider!.getCodes!(['0xaa'])).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('gives each call its own answer, whatever their order', async () => {
    const bodies = await node(echo);
    connect();
    expect(await ask(1, 'two', [3])).toEqual([1, 'two', [3]]);
    expect(bodies).toHaveLength(1);
  });

  it('keeps batches within the bounds of bytes and calls', async () => {
    const bodies = await node(echo);
    connect({ maxBodyBytes: 1_000, maxBatchCalls: 5 });
    await ask(...Array.from({ length: 12 }, (_, i) => i));
    expect(bodies.map(({ length }) => length).sort()).toEqual([2, 5, 5]);
    bodies.length = 0;
    await ask(...Array.from({ length: 4 }, () => 'x'.repeat(450)));
    expect(bodies.map(({ length }) => length)).toEqual([2, 2]);
  });

  it('does not let a question wait for the transactions that are sent with it', async () => {
    const bodies = await node((calls) => (calls[0]!.method === 'echo' ? echo(calls) : undefined));
    connect({ timeoutMs: 500 });
    const sent = provider!.request({ method: 'eth_sendRawTransaction', params: ['0x12'] }).catch(() => undefined);
    expect(await ask(1)).toEqual([1]);
    await sent;
    expect(bodies.map(({ length }) => length)).toEqual([1, 1]);
  });

  it('sends a call that is larger than a body alone', async () => {
    await node(echo);
    connect({ maxBodyBytes: 100 });
    expect(await ask('x'.repeat(500), 'y')).toEqual(['x'.repeat(500), 'y']);
  });

  it('gives the error of the node as it words it', async () => {
    await node(([{ id } = { id: 0 }]) => [{ id, error: { code: 3, message: 'execution reverted', data: '0x1234' } }]);
    connect();
    await expect(ask(1)).rejects.toMatchObject({ code: 3, message: 'execution reverted', data: '0x1234' });
  });

  it.each([
    ['an answer of another kind', () => ({ error: 'full' }), 503],
    ['a batch that lacks an answer', () => [], 200],
  ])('says that the node is unavailable: %s', async (_, answer, status) => {
    await node(answer, status);
    connect();
    await expect(ask(1, 2)).rejects.toMatchObject({ code: 'unavailable', retryable: true });
  });

  it('says that the node is unavailable when it does not answer in time, without the path of its URL', async () => {
    await node(() => undefined);
    connect({ timeoutMs: 50 });
    const failure = await ask(1).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: 'unavailable' });
    expect((failure as Error).message).not.toContain('secret-token');
  });

  it('says that the node is unavailable when nothing listens', async () => {
    await node(echo);
    connect();
    server!.close();
    await once(server!, 'close');
    await expect(ask(1)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('says that the node is unavailable when an answer is cut off, and asks again on another connection', async () => {
    let cut = true;
    server = createServer((_, response) => {
      response.write('[{"id":0,"result":"0x');
      if (cut) setImmediate(() => response.destroy());
      else response.end('00ff"}]');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    connect();
    await expect(provider!.getCodes!(['0xaa'])).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    cut = false;
    expect(await provider!.getCodes!(['0xaa'])).toEqual([Buffer.from('00ff', 'hex')]);
  });
});
