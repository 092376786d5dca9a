import { EventEmitter } from 'node:events';
import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import type { Hex } from '../ethereum/hex.js';
import { takeChainThread } from './chain-thread.js';
import { EMBEDDED_CHAIN_ID } from './embedded-chain-id.js';
import type { WorkerMessage, WorkerRequest, WorkerOptions } from './worker-message.js';
import { RpcError } from './rpc-error.js';

export interface EmbeddedChainOptions {
  /** Made when it is not there. One process at a time. */
  folder: string;
  /** Least time between two blocks; 0 makes a block as soon as something waits. Blocks are never empty. */
  periodMs: number;
  /** EIP-155's; 53696 unless given. A folder keeps the one that it was begun with. */
  chainId?: number;
  /** Accounts with gas for ever. All of them must have been given when the folder was begun. */
  genesisAccounts: readonly Hex[];
  log?: Log;
}

/** A JSON-RPC message as EIP-1193 hands it to listeners of 'message'. */
export interface SubscriptionMessage {
  type: 'eth_subscription';
  data: { subscription: string; result: Record<string, unknown> };
}

/** A chain of its own in a worker thread, behind EIP-1193. Errors are `RpcError`, as of a node. */
export interface EmbeddedChain {
  request(request: { method: string; params?: readonly unknown[] }): Promise<unknown>;
  /** eth_sendRawTransaction without hex; returns the transaction's hash. The bytes are copied. */
  sendRawTransactionBytes(raw: Uint8Array): Promise<Hex>;
  /** Code at the head, empty where there is none, in the order of the addresses. */
  getCodes(addresses: readonly Hex[]): Promise<Uint8Array[]>;
  /**
   * The data of chunks of a contract at the head, checked against their addresses by the chain's thread; undefined where there is none
   * that belongs there.
   */
  getChunks(contract: Hex, addresses: readonly Hex[]): Promise<(Uint8Array | undefined)[]>;
  on(event: 'message', listener: (message: SubscriptionMessage) => void): void;
  removeListener(event: 'message', listener: (message: SubscriptionMessage) => void): void;
  /** A sentence while no block can be made. */
  readonly trouble: string | undefined;
  /** Ends when the block in the making is on disk. What waits for a later block is forgotten. */
  close(): Promise<void>;
}

/** EIP-1193: the provider is disconnected. */
const DISCONNECTED = 4900;

/** Opens or begins the chain in the folder. Throws `locked` when it is in use, `misconfigured` when it was begun otherwise. */
export async function openEmbeddedChain(options: EmbeddedChainOptions): Promise<EmbeddedChain> {
  const { folder, periodMs, chainId = EMBEDDED_CHAIN_ID, genesisAccounts, log } = options;
  const worker = takeChainThread();
  worker.postMessage({
    folder,
    periodMs,
    chainId,
    genesisAccounts: genesisAccounts.map((account) => account.toLowerCase()),
  } satisfies WorkerOptions);
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  const events = new EventEmitter();
  let ids = 0;
  let ended: RpcError | undefined;
  let trouble: string | undefined;

  const end = (reason: string): void => {
    ended ??= new RpcError(DISCONNECTED, reason);
    for (const { reject } of waiting.values()) reject(ended);
    waiting.clear();
  };
  const settle = (id: number): { resolve: (result: unknown) => void; reject: (error: Error) => void } | undefined => {
    const waiter = waiting.get(id);
    waiting.delete(id);
    return waiter;
  };

  const opened = new Promise<void>((resolve, reject) => {
    worker.on('message', (message: WorkerMessage) => {
      switch (message.kind) {
        case 'ready':
          return resolve();
        case 'failed':
          return reject(new LedgerError(message.code, message.message));
        case 'result':
          return settle(message.id)?.resolve(message.result);
        case 'error':
          return settle(message.id)?.reject(new RpcError(message.code, message.message, message.data));
        case 'head': {
          const data = { subscription: message.subscription, result: message.header };
          return void events.emit('message', { type: 'eth_subscription', data } satisfies SubscriptionMessage);
        }
        case 'log':
          return log?.[message.level](message.message);
        case 'trouble':
          return void (trouble = message.sentence);
        case 'closed':
          return void events.emit('closed');
      }
    });
    worker.on('error', (error: Error) => {
      log?.error({ err: error }, 'The embedded chain has failed.');
      end(`The embedded chain has failed: ${error.message}`);
      reject(new LedgerError('internal', `The embedded chain cannot start: ${error.message}.`, { cause: error }));
    });
    worker.on('exit', () => {
      end('The embedded chain is closed.');
      events.emit('closed');
    });
  });
  try {
    await opened;
  } catch (error) {
    await worker.terminate();
    throw error;
  }

  const ask = (message: (id: number) => WorkerRequest, transfer: ArrayBuffer[] = []): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (ended !== undefined) return reject(ended);
      const id = ++ids;
      waiting.set(id, { resolve, reject });
      worker.postMessage(message(id), transfer);
    });

  let closing: Promise<void> | undefined;
  return {
    request: ({ method, params = [] }) => ask((id) => ({ kind: 'request', id, method, parameters: params })),
    sendRawTransactionBytes: (raw) => {
      const own = Uint8Array.from(raw); // a view would take its whole buffer along
      const send = (id: number): WorkerRequest => ({
        kind: 'request',
        id,
        method: 'eth_sendRawTransaction',
        parameters: [own],
      });
      return ask(send, [own.buffer]) as Promise<Hex>;
    },
    getCodes: (addresses) => ask((id) => ({ kind: 'codes', id, addresses: [...addresses] })) as Promise<Uint8Array[]>,
    getChunks: (contract, addresses) =>
      ask((id) => ({ kind: 'chunks', id, contract, addresses: [...addresses] })) as Promise<(Uint8Array | undefined)[]>,
    get trouble() {
      return trouble;
    },
    on: (event, listener) => void events.on(event, listener),
    removeListener: (event, listener) => void events.removeListener(event, listener),
    close: () =>
      (closing ??= (async () => {
        if (ended !== undefined) return;
        const closed = new Promise<void>((resolve) => events.once('closed', resolve));
        worker.postMessage({ kind: 'close' } satisfies WorkerRequest);
        await closed;
        end('The embedded chain is closed.');
        await worker.terminate();
      })()),
  };
}
