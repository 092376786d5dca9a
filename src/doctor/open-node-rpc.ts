import { openHttpProvider } from '../ledger/rpc/http-provider.js';
import { createRpc, type Rpc } from '../ledger/rpc/rpc.js';
import { openWsProvider } from '../ledger/rpc/ws-provider.js';

/** A node that is asked and closed. */
export interface NodeRpc {
  rpc: Rpc;
  /** Any method, by its name. */
  ask: (method: string) => Promise<unknown>;
  close: () => Promise<void>;
}

const TIMEOUT_MS = 6_000;

/** Opens a connection to the node at a URL of LEDGER_URL; whether it answers is seen when it is asked. */
export function openNodeRpc(url: string): NodeRpc {
  const provider = /^ws/i.test(url) ? openWsProvider({ url }) : openHttpProvider({ url, timeoutMs: TIMEOUT_MS });
  return {
    rpc: createRpc(provider),
    ask: (method) => provider.request({ method, params: [] }),
    close: () => provider.close(),
  };
}
