import type { Rpc } from './rpc.js';

/** Makes one call; `ask` may be tried on several nodes. */
export type RpcMiddleware = <T>(method: keyof Rpc, ask: (rpc: Rpc) => Promise<T>) => Promise<T>;

/** An Rpc each of whose calls goes through `around`. */
export function rpcMiddleware(around: RpcMiddleware): Rpc {
  return {
    chainId: () => around('chainId', (rpc) => rpc.chainId()),
    blockNumber: () => around('blockNumber', (rpc) => rpc.blockNumber()),
    block: (at) => around('block', (rpc) => rpc.block(at)),
    gasPrice: () => around('gasPrice', (rpc) => rpc.gasPrice()),
    nonce: (account, at) => around('nonce', (rpc) => rpc.nonce(account, at)),
    balance: (account) => around('balance', (rpc) => rpc.balance(account)),
    call: (to, data, options) => around('call', (rpc) => rpc.call(to, data, options)),
    codes: (addresses) => around('codes', (rpc) => rpc.codes(addresses)),
    chunks: (contract, addresses) => around('chunks', (rpc) => rpc.chunks(contract, addresses)),
    codeAt: (address, at) => around('codeAt', (rpc) => rpc.codeAt(address, at)),
    proof: (address, at) => around('proof', (rpc) => rpc.proof(address, at)),
    wholeBlock: (at) => around('wholeBlock', (rpc) => rpc.wholeBlock(at)),
    logs: (filter) => around('logs', (rpc) => rpc.logs(filter)),
    send: (raw) => around('send', (rpc) => rpc.send(raw)),
    minedTransaction: (hash) => around('minedTransaction', (rpc) => rpc.minedTransaction(hash)),
  };
}
