import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { quantity, toHex, type Hex } from '../ethereum/hex.js';
import type { LedgerProvider } from '../rpc/provider.js';
import { USED_METHODS } from '../rpc/rpc.js';
import { acceptWebSockets } from './ws-server.js';

/** A node in front of another that gives no more than every EVM chain does, for tests. */
export interface StrictNode {
  httpUrl: string;
  wsUrl: string;
  /** Methods and parameters that it was asked for and no chain has to know. */
  readonly refused: readonly string[];
  /** Ends all WebSockets, as a restart of the node does. */
  cutSockets(): void;
  close(): Promise<void>;
}

interface Call {
  id: number;
  method: string;
  params?: unknown[];
}

type Block = Record<string, Hex>;

/** Receipts are asked for by tests alone, of transactions in blocks; proofs of other chains are of another kind. */
const served = new Set([...USED_METHODS.filter((method) => method !== 'eth_getProof'), 'eth_getTransactionReceipt']);
/** For so long after a head its block is not found. */
const unreadyMs = 100;
/** A receipt of what is in no block is waited for so long. */
const receiptMs = 51_000;

const failure = (code: number, message: string): Error => Object.assign(new Error(message), { code });

/**
 * Starts a node that answers as CometBFT's EVM was seen to: no pending nonces, "tx not found" just after a head, heads pushed
 * with wrong hashes, times that repeat, receipts that are waited for; and "method not found" to all that is not in `usedMethods`.
 */
export async function startStrictNode(behind: LedgerProvider): Promise<StrictNode> {
  const refused: string[] = [];
  const seenAtMs = new Map<Hex, number>();
  const subscribers = new Set<(message: string) => void>();
  const closing = new AbortController();

  function refuse(what: string): Error {
    refused.push(what);
    return failure(-32_601, `the method ${what} does not exist/is not available`);
  }

  async function answer({ method, params = [] }: Call): Promise<unknown> {
    if (!served.has(method)) throw refuse(method);
    if (params.includes('pending')) throw refuse(`${method} pending`);
    if (method === 'eth_getBlockByNumber') return block(params);
    if (method === 'eth_getTransactionReceipt') return receipt(params);
    return behind.request({ method, params });
  }

  async function block(params: unknown[]): Promise<unknown> {
    const found = (await behind.request({ method: 'eth_getBlockByNumber', params })) as Block | null;
    if (found === null) return null;
    if (!seenAtMs.has(found.hash!)) {
      const isHead = found.number === (await behind.request({ method: 'eth_blockNumber' }));
      seenAtMs.set(found.hash!, isHead ? performance.now() : -Infinity);
    }
    if (performance.now() - seenAtMs.get(found.hash!)! < unreadyMs) throw failure(-32_000, 'tx not found');
    return { ...found, timestamp: quantity((BigInt(found.timestamp!) / 2n) * 2n) };
  }

  async function receipt(params: unknown[]): Promise<unknown> {
    const found = await behind.request({ method: 'eth_getTransactionReceipt', params });
    if (found === null) await sleep(receiptMs, undefined, { signal: closing.signal }).catch(() => undefined);
    return found;
  }

  async function answerText(text: string, subscribe?: () => Hex): Promise<string> {
    const body = JSON.parse(text) as Call | Call[];
    const answers = await Promise.all(
      [body].flat().map(async (call) => {
        try {
          const result = call.method === 'eth_subscribe' && subscribe ? subscribe() : await answer(call);
          return { jsonrpc: '2.0', id: call.id, result };
        } catch (error) {
          const { code = -32_000, message, data } = error as Error & { code?: number; data?: Hex };
          return { jsonrpc: '2.0', id: call.id, error: { code, message, data } };
        }
      }),
    );
    return JSON.stringify(Array.isArray(body) ? answers : answers[0]);
  }

  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => void answerText(Buffer.concat(parts).toString()).then((text) => response.end(text)));
  }).listen(0, '127.0.0.1');
  const sockets = acceptWebSockets(server, (socket) => {
    const subscription = toHex(randomBytes(16));
    const subscribe = (): Hex => {
      subscribers.add((text) => socket.send(text.replace('SUBSCRIPTION', subscription)));
      return subscription;
    };
    return (text) => void answerText(text, subscribe).then((said) => socket.send(said));
  });
  await once(server, 'listening');

  async function pushHeads(): Promise<void> {
    for (let last: unknown; !closing.signal.aborted;) {
      const number = await behind.request({ method: 'eth_blockNumber' }).catch(() => last);
      const result = { number, hash: toHex(randomBytes(32)) };
      const message = { jsonrpc: '2.0', method: 'eth_subscription', params: { subscription: 'SUBSCRIPTION', result } };
      if (number !== last) subscribers.forEach((send) => send(JSON.stringify(message)));
      last = number;
      await sleep(50, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  }
  void pushHeads();

  const { port } = server.address() as AddressInfo;
  return {
    httpUrl: `http://127.0.0.1:${port}`,
    wsUrl: `ws://127.0.0.1:${port}`,
    refused,
    cutSockets: () => sockets.cutAll(),
    close: async () => {
      closing.abort();
      sockets.cutAll();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
