import { once } from 'node:events';
import { parentPort, type TransferListItem } from 'node:worker_threads';
import { LedgerError } from '../../base/errors.js';
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
          const { stateRoot } = blockHeaderFields(node.head.header);
          const addresses = message.addresses.map((address) => parseBytes(address, 20));
          const codes = await readCodes(node, stateRoot, addresses);
          post({ kind: 'result', id: message.id, result: codes }, [...new Set(codes.map(({ buffer }) => buffer))]);
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
