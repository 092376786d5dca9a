/** A JSON-RPC error as a node answers it: EIP-1474's codes, geth's messages. */
export class RpcError extends Error {
  constructor(
    readonly code: number,
    message: string,
    /** Revert data as hex, where there is some. */
    readonly data?: string,
  ) {
    super(message);
    this.name = 'RpcError';
  }
}

/** What geth answers to a transaction or call that it does not take. */
export const refused = (message: string): RpcError => new RpcError(-32000, message);
export const invalidParams = (message: string): RpcError => new RpcError(-32602, message);
