import { LedgerError } from '../../base/errors.js';
import type { TransactionCall } from './transaction-call.js';

export interface BatchOptions {
  /** Calls are gathered into bodies of at most so many bytes. */
  maxBodyBytes: number;
  /** Calls in one body; their answers must stay below the node's limit (geth: 25 MB). */
  maxBatchCalls: number;
}

/** One answer of JSON-RPC 2.0. */
export interface Answer {
  id?: number | null;
  result?: unknown;
  error?: { code: number; message: string; data?: unknown };
}

interface Waiting {
  isTransaction: boolean;
  json: string | Buffer;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/**
 * Gathers the calls of one turn of the event loop into JSON-RPC batches, in their order, transactions apart. `exchange` sends one body, whose
 * calls have the ids from `firstId` on. What it rejects with becomes `unavailable`; a node's own errors come as it words them.
 */
export function batchCalls(
  { name, exchange }: { name: string; exchange: (body: string | Buffer, firstId: number) => Promise<Answer[]> },
  { maxBodyBytes, maxBatchCalls }: BatchOptions,
): (call: { method: string; params?: readonly unknown[] } | TransactionCall) => Promise<unknown> {
  let waiting: Waiting[] = [];
  let nextId = 1;

  function flush(): void {
    const all = waiting;
    waiting = [];
    // Megabytes of transactions take a node long; no question should wait for its answer to them.
    gather(all.filter(({ isTransaction }) => isTransaction));
    gather(all.filter(({ isTransaction }) => !isTransaction));
  }

  function gather(all: Waiting[]): void {
    for (let from = 0, to = 0; from < all.length; from = to) {
      let byteCount = 0;
      while (to < all.length && to - from < maxBatchCalls) {
        byteCount += all[to]!.json.length + 1;
        if (to > from && byteCount > maxBodyBytes) break;
        to++;
      }
      void send(all.slice(from, to));
    }
  }

  async function send(batch: Waiting[]): Promise<void> {
    const firstId = nextId;
    nextId += batch.length;
    try {
      const answered = await exchange(bodyOf(batch, firstId), firstId);
      const answers = new Map(answered.map((one) => [one.id, one]));
      batch.forEach((call, i) => settle(call, answers.get(firstId + i)));
    } catch (error) {
      batch.forEach((call) => call.reject(unavailableAt(name, error)));
    }
  }

  function settle(call: Waiting, answer: Answer | undefined): void {
    if (answer === undefined) call.reject(unavailableAt(name, new Error('an answer is missing from its batch')));
    else if (answer.error) call.reject(Object.assign(new Error(answer.error.message), answer.error));
    else call.resolve(answer.result);
  }

  return (call) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) setImmediate(flush);
      waiting.push({
        isTransaction: call.method === 'eth_sendRawTransaction',
        json: 'json' in call ? call.json : jsonOf(call),
        resolve,
        reject,
      });
    });
}

/** As a string, unless a call came as bytes already. */
function bodyOf(batch: readonly Waiting[], firstId: number): string | Buffer {
  const parts = batch.flatMap(({ json }, i) => [
    `${i > 0 ? '},' : batch.length > 1 ? '[' : ''}{"jsonrpc":"2.0","id":${firstId + i},`,
    json,
  ]);
  parts.push(batch.length > 1 ? '}]' : '}');
  if (parts.every((part) => typeof part === 'string')) return parts.join('');
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
}

function jsonOf({ method, params = [] }: { method: string; params?: readonly unknown[] }): string {
  return `"method":${JSON.stringify(method)},"params":${JSON.stringify(params)}`;
}

/** What becomes of a failure that is not the node's own word. */
export function unavailableAt(name: string, cause: unknown): LedgerError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new LedgerError('unavailable', `The chain's node at ${name} does not answer: ${why}.`, {
    retryable: true,
    cause,
  });
}
