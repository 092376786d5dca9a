import { Agent, request } from 'undici';
import { gatherCalls, type Answer, type BatchOptions } from './call-batches.js';
import { readNodeUrl } from './node-url.js';
import type { LedgerProvider } from './provider.js';

export interface HttpProviderOptions extends Partial<BatchOptions> {
  url: string;
  /** How long a node may take for one request body. */
  timeoutMs?: number;
}

export interface HttpProvider extends LedgerProvider {
  close(): Promise<void>;
}

/**
 * JSON-RPC 2.0 over HTTP with kept connections. Calls of the same turn of the event loop go as batches, in their order.
 * A node that cannot be reached or breaks the protocol rejects with `unavailable`; its own errors come as it words them.
 */
export function createHttpProvider(options: HttpProviderOptions): HttpProvider {
  // geth 1.13 takes bodies of 5 MiB.
  const { url, timeoutMs = 60_000, maxBodyBytes = 4_000_000, maxBatchCalls = 100 } = options;
  const { host, href, headers } = readNodeUrl(url);
  const dispatcher = new Agent({
    connections: 8,
    connectTimeout: 5_000,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });

  async function exchange(body: string): Promise<Answer[]> {
    const { statusCode, body: answer } = await request(href, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      dispatcher,
    });
    const text = await answer.text();
    if (statusCode !== 200) throw new Error(`status ${statusCode}`);
    return [JSON.parse(text) as Answer | Answer[]].flat();
  }

  return {
    request: gatherCalls({ name: host, exchange }, { maxBodyBytes, maxBatchCalls }),
    // Whoever still waits for a node that hangs has given up.
    close: () => dispatcher.destroy(),
  };
}
