import type { Rpc } from './rpc.js';

/** As of a block: what is called is called after it, and it is the newest one. All else is as it was. */
export function rpcAtBlock(rpc: Rpc, block: bigint): Rpc {
  return {
    ...rpc,
    blockNumber: () => Promise.resolve(block),
    call: (to, data, options) => rpc.call(to, data, { ...options, at: block }),
  };
}
