import type { Log } from '../log.js';
import type { LedgerNode, Nodes } from './node.js';
import type { LedgerProvider } from './provider.js';
import { createRpc } from './rpc.js';

export interface NodesOptions {
  /** In the order in which they should be asked. */
  providers: readonly { name: string; provider: LedgerProvider; close?: () => Promise<void> | void }[];
  log: Log;
}

/** The nodes behind these providers, as one chain. `close` closes every provider that can be closed. */
export function openNodes({ providers }: NodesOptions): Nodes {
  const all: LedgerNode[] = providers.map(({ name, provider }) => ({ name, provider, rpc: createRpc(provider) }));
  return {
    all,
    rpc: all[0]!.rpc,
    preferred: () => all,
    distrust: () => undefined,
    status: () => all.map(({ name }) => ({ name, reachable: true, head: undefined, wrongAnswers: 0 })),
    close: async () => {
      for (const { close } of providers) await close?.();
    },
  };
}
