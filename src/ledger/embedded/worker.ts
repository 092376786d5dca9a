import { once } from 'node:events';
import { parentPort, type TransferListItem } from 'node:worker_threads';
import { LedgerError } from '../../base/errors.js';
import { chunkAt } from '../contract/chunks.js';
import { createCaller } from './call.js';
import { quantity } from '../ethereum/hex.js';
import { formatHeader, parseBytes } from './format.js';
import { blockHeaderFields } from './block-header.js';
import { answer, createMethods } from './methods.js';
import { openNode } from './node.js';
import type { WorkerMessage, WorkerRequest, WorkerOptions } from './worker-message.js';
import { readCodes } from './chain-state.js';
import { invalidParams, RpcError } from './rpc-error.js';

const port = parentPort!;
const post = (message: WorkerMessage, transfer: TransferListItem[] = []): void => port.postMessage(message, transfer);

const [options] = (await once(port, 'message')) as [WorkerOptions];
try {
  await serve(options);
} catch (error) {
  const code = error instanceof LedgerError ? error.code : 'internal';
  post({ kind: 'failed', code, message: (error as Error).message });
}

async function serve(options: WorkerOptions): Promise<void> {
  const node = await openNode({
    ...options,
    log: (level, message) => post({ kind: 'log', level, message }),
    onTrouble: (sentence) => post({ kind: 'trouble', sentence }),
  });
  const subscriptions = new Set<string>();
  let subscriptionCount = 0;
  const methods = {
    ...createMethods(node, await createCaller(node)),
    eth_subscribe: async ([topic]: readonly unknown[]) => {
      if (topic !== 'newHeads') throw invalidParams(`no "${String(topic)}" subscription in eth namespace`);
      const id = quantity(++subscriptionCount);
      subscriptions.add(id);
      return id;
    },
    eth_unsubscribe: async ([id]: readonly unknown[]) => {
      if (!subscriptions.delete(id as string)) throw new RpcError(-32000, 'subscription not found');
      return true;
    },
  };
  node.onHead((head) => {
    for (const subscription of subscriptions) post({ kind: 'head', subscription, header: formatHeader(head) });
  });

  const codesAt = (addresses: readonly Uint8Array[]): ReturnType<typeof readCodes> =>
    readCodes(node, blockHeaderFields(node.head.header).stateRoot, addresses);

  const handle = async (id: number, task: () => Promise<void>): Promise<void> => {
    try {
      await task();
    } catch (error) {
      const { code, message, data } =
        error instanceof RpcError ? error : new RpcError(-32603, (error as Error).message);
      post({ kind: 'error', id, code, message, data });
    }
  };
  port.on('message', (message: WorkerRequest) => {
    switch (message.kind) {
      case 'request':
        return void handle(message.id, async () => {
          const result = await answer(methods, message.method, message.parameters);
          post({ kind: 'result', id: message.id, result });
        });
      case 'codes':
        return void handle(message.id, async () => {
          const codes = await codesAt(parseAddresses(message.addresses));
          post({ kind: 'result', id: message.id, result: codes }, buffersOf(codes));
        });
      case 'chunks':
        return void handle(message.id, async () => {
          const contract = Buffer.from(parseBytes(message.contract, 20));
          const addresses = parseAddresses(message.addresses);
          const codes = await codesAt(addresses);
          const chunks = codes.map((code, i) => chunkAt(contract, asBuffer(addresses[i]!), asBuffer(code)));
          post({ kind: 'result', id: message.id, result: chunks }, buffersOf(codes));
        });
      case 'close':
        return void node.close().then(
          () => post({ kind: 'closed' }),
          (error: unknown) => {
            post({ kind: 'log', level: 'error', message: `The chain did not close well: ${(error as Error).message}` });
            post({ kind: 'closed' });
          },
        );
    }
  });
  post({ kind: 'ready' });
}

function parseAddresses(addresses: readonly string[]): Uint8Array[] {
  return addresses.map((address) => parseBytes(address, 20));
}

/** What goes to the other thread with the codes, each once. */
function buffersOf(codes: readonly Uint8Array<ArrayBuffer>[]): ArrayBuffer[] {
  return [...new Set(codes.map(({ buffer }) => buffer))];
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
