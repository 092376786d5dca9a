import { EventEmitter } from 'node:events';
import { batchCalls, type Answer, type BatchOptions } from './batch-calls.js';
import type { HttpProvider } from './http-provider.js';
import { readNodeUrl } from './node-url.js';
import type { LedgerProvider } from './provider.js';
import { transactionCall } from './transaction-call.js';
import { openWsConnection, type WsConnection } from './ws-connection.js';

export interface WsProviderOptions extends Partial<BatchOptions> {
  url: string;
  /** How long a node may take for one body; a connection that brings nothing meanwhile is made anew. */
  timeoutMs?: number;
}

export type WsProvider = HttpProvider & Required<Pick<LedgerProvider, 'on' | 'sendRawTransactionBytes'>>;

const RECONNECT_MS = { first: 250, most: 10_000 };

/**
 * JSON-RPC 2.0 over one WebSocket, batched as over HTTP. When the connection is lost, what waits rejects with `unavailable`, and
 * the next call connects again; a subscriber is connected and subscribed again without a call, and gets a message then, since
 * something may have been missed.
 */
export function openWsProvider(options: WsProviderOptions): WsProvider {
  // Besu takes frames of 1 MiB unless told otherwise (--rpc-ws-max-frame-size).
  const { url, timeoutMs = 60_000, maxBodyBytes = 900_000, maxBatchCalls = 100 } = options;
  const { host, href, headers } = readNodeUrl(url);
  const events = new EventEmitter();
  let connection: Promise<WsConnection> | undefined;
  let subscription: readonly unknown[] | undefined;
  let retryMs = RECONNECT_MS.first;
  let retry: NodeJS.Timeout | undefined;
  let isClosed = false;

  const push = (params: unknown): void => void events.emit('message', { type: 'eth_subscription', data: params });

  function connected(): Promise<WsConnection> {
    if (isClosed) return Promise.reject(new Error('it is closed'));
    return (connection ??= connect());
  }

  async function connect(): Promise<WsConnection> {
    try {
      const made = await openWsConnection({ href, headers, timeoutMs, onPush: push });
      retryMs = RECONNECT_MS.first;
      void made.ended.then(lost);
      if (isClosed) made.close(new Error('it is closed'));
      return made;
    } catch (error) {
      lost();
      throw error;
    }
  }

  function lost(): void {
    connection = undefined;
    if (subscription === undefined || isClosed) return;
    clearTimeout(retry);
    retry = setTimeout(() => void resubscribe(), retryMs);
    retryMs = Math.min(retryMs * 2, RECONNECT_MS.most);
  }

  async function resubscribe(): Promise<void> {
    // A failure has come to `lost`, which tries again.
    const done = request({ method: 'eth_subscribe', params: subscription! }).catch(() => undefined);
    if ((await done) !== undefined) push(undefined);
  }

  const exchange = async (body: string | Buffer, firstId: number): Promise<Answer[]> =>
    (await connected()).exchange(body.toString(), firstId);
  const request = batchCalls({ name: host, exchange }, { maxBodyBytes, maxBatchCalls });

  return {
    request: (call) => {
      if (call.method === 'eth_subscribe') subscription = call.params ?? [];
      return request(call);
    },
    on: (event, listener) => events.on(event, listener),
    sendRawTransactionBytes: (raw) => request(transactionCall(raw)),
    close: async () => {
      isClosed = true;
      clearTimeout(retry);
      (await connection?.catch(() => undefined))?.close(new Error('it is closed'));
    },
  };
}
