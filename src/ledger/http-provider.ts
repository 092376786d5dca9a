import { Agent, request } from 'undici';
import { LedgerError } from '../errors.js';
import type { LedgerProvider } from './provider.js';

export interface HttpProviderOptions {
  url: string;
  /** How long a node may take for one request body. */
  timeoutMs?: number;
  /** Calls are gathered into bodies of at most so many bytes; geth 1.13 takes 5 MiB. */
  maxBodyBytes?: number;
  /** Calls in one body; their answers must stay below the node's limit (geth: 25 MB). */
  maxBatchCalls?: number;
}

export interface HttpProvider extends LedgerProvider {
  close(): Promise<void>;
}

interface Waiting {
  json: string;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

interface Answer {
  id?: number;
  result?: unknown;
  error?: { code: number; message: string; data?: unknown };
}

/**
 * JSON-RPC 2.0 over HTTP with kept connections. Calls of the same turn of the event loop go as batches, in their order.
 * A node that cannot be reached or breaks the protocol rejects with `unavailable`; its own errors come as it words them.
 */
export function createHttpProvider(options: HttpProviderOptions): HttpProvider {
  const { url, timeoutMs = 60_000, maxBodyBytes = 4_000_000, maxBatchCalls = 100 } = options;
  const agent = new Agent({ connections: 8, connectTimeout: 5_000, headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
  let waiting: Waiting[] = [];
  let nextId = 1;

  function flush(): void {
    const all = waiting;
    waiting = [];
    for (let from = 0, to = 0; from < all.length; from = to) {
      let byteCount = 0;
      while (to < all.length && to - from < maxBatchCalls) {
        byteCount += all[to]!.json.length + 1;
        if (to > from && byteCount > maxBodyBytes) break;
        to++;
      }
      void post(all.slice(from, to));
    }
  }

  async function post(batch: Waiting[]): Promise<void> {
    const firstId = nextId;
    nextId += batch.length;
    const calls = batch.map((call, i) => `{"jsonrpc":"2.0","id":${firstId + i},${call.json}}`);
    try {
      const answered = await exchange(calls.length === 1 ? calls[0]! : `[${calls.join(',')}]`);
      const answers = new Map((Array.isArray(answered) ? answered : [answered]).map((one) => [one.id, one]));
      batch.forEach((call, i) => settle(call, answers.get(firstId + i)));
    } catch (error) {
      batch.forEach((call) => call.reject(unavailable(error)));
    }
  }

  async function exchange(body: string): Promise<Answer | Answer[]> {
    const headers = { 'content-type': 'application/json' };
    const { statusCode, body: answer } = await request(url, { method: 'POST', headers, body, dispatcher: agent });
    const text = await answer.text();
    if (statusCode !== 200) throw new Error(`status ${statusCode}`);
    return JSON.parse(text) as Answer | Answer[];
  }

  function settle(call: Waiting, answer: Answer | undefined): void {
    if (answer === undefined) call.reject(unavailable(new Error('an answer is missing from its batch')));
    else if (answer.error) call.reject(Object.assign(new Error(answer.error.message), answer.error));
    else call.resolve(answer.result);
  }

  function unavailable(cause: unknown): LedgerError {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new LedgerError('unavailable', `The chain's node at ${new URL(url).host} does not answer: ${why}.`, {
      retryable: true,
      cause,
    });
  }

  return {
    request: ({ method, params = [] }) =>
      new Promise((resolve, reject) => {
        if (waiting.length === 0) setImmediate(flush);
        waiting.push({
          json: `"method":${JSON.stringify(method)},"params":${JSON.stringify(params)}`,
          resolve,
          reject,
        });
      }),
    close: () => agent.close(),
  };
}
