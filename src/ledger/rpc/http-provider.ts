import { Agent } from 'undici';
import { batchCalls, unavailableAt, type Answer, type BatchOptions } from './batch-calls.js';
import type { Hex } from '../ethereum/hex.js';
import { parseLongHex } from './long-hex.js';
import { readNodeUrl } from './node-url.js';
import type { LedgerProvider } from './provider.js';
import { createScratch } from './scratch.js';
import { transactionCall } from './transaction-call.js';

export interface HttpProviderOptions extends Partial<BatchOptions> {
  url: string;
  /** How long a node may take for one request body. */
  timeoutMs?: number;
}

export interface HttpProvider extends LedgerProvider {
  close(): Promise<void>;
}

export type BulkProvider = HttpProvider & Required<Pick<LedgerProvider, 'sendRawTransactionBytes' | 'getCodes'>>;

/**
 * JSON-RPC 2.0 over HTTP with kept connections. Calls of the same turn of the event loop go as batches, in their order.
 * A node that cannot be reached or breaks the protocol rejects with `unavailable`; its own errors come as it words them.
 */
export function openHttpProvider(options: HttpProviderOptions): BulkProvider {
  // geth 1.13 takes bodies of 5 MiB.
  const { url, timeoutMs = 60_000, maxBodyBytes = 4_000_000, maxBatchCalls = 100 } = options;
  const { host, href, headers } = readNodeUrl(url);
  const { origin, pathname, search } = new URL(href);
  const path = pathname + search;
  const scratch = createScratch();
  const dispatcher = new Agent({
    connections: 8,
    connectTimeout: 5_000,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });

  /** Gives what `read` makes of the answer's bytes, which are used again afterwards. */
  function post<T>(body: string | Buffer, read: (bytes: Buffer) => T): Promise<T> {
    const call = {
      origin,
      path,
      method: 'POST' as const,
      headers: { 'content-type': 'application/json', ...headers },
      body,
    };
    // A stream of the answer would cost more than to receive it.
    return new Promise((resolve, reject) => {
      const answer = scratch.begin();
      let status = 0;
      const finish = async (): Promise<T> =>
        answer.read((bytes) => {
          if (status !== 200) throw new Error(`status ${status}`);
          return read(bytes);
        });
      dispatcher.dispatch(call, {
        onRequestStart: () => undefined,
        onResponseStart: (_, statusCode) => void (status = statusCode),
        onResponseData: (_, part) => answer.add(part),
        onResponseEnd: () => resolve(finish()),
        onResponseError: (_, error) => {
          answer.drop();
          reject(error);
        },
      });
    });
  }

  async function exchange(body: string | Buffer): Promise<Answer[]> {
    const answer = await post(body, (bytes) => JSON.parse(bytes.toString()) as Answer | Answer[]);
    return [answer].flat();
  }

  async function someCodes(addresses: readonly Hex[]): Promise<Buffer[]> {
    const calls = addresses.map((address, id) => ({
      jsonrpc: '2.0',
      id,
      method: 'eth_getCode',
      params: [address, 'latest'],
    }));
    try {
      const { value, bytesOf } = await post(JSON.stringify(calls), parseLongHex);
      const answers = [value as Answer | Answer[]].flat();
      const refused = answers.find(({ error }) => error !== undefined)?.error;
      if (refused) throw Object.assign(new Error(refused.message), refused);
      const results = new Map(answers.map(({ id, result }) => [id, result]));
      return addresses.map((_, id) => bytesOf(results.get(id)));
    } catch (error) {
      if (typeof (error as { code?: unknown }).code === 'number') throw error;
      throw unavailableAt(host, error);
    }
  }

  const gather = batchCalls({ name: host, exchange }, { maxBodyBytes, maxBatchCalls });
  return {
    request: gather,
    sendRawTransactionBytes: (raw) => gather(transactionCall(raw)),
    getCodes: async (addresses) => {
      const codes: Buffer[] = [];
      for (let from = 0; from < addresses.length; from += maxBatchCalls)
        codes.push(...(await someCodes(addresses.slice(from, from + maxBatchCalls))));
      return codes;
    },
    // Whoever still waits for a node that hangs has given up.
    close: () => dispatcher.destroy(),
  };
}
