import type { Hex } from '../ethereum/hex.js';

/** A chain as its clients see it (EIP-1193): the embedded one, or a node behind an URL. Only standard `eth_*` methods are used. */
export interface LedgerProvider {
  request(call: { method: string; params?: readonly unknown[] }): Promise<unknown>;
  /** `eth_subscription` messages, where the provider can push. */
  on?(event: 'message', listener: (message: { type: string; data: unknown }) => void): unknown;
  /** `eth_sendRawTransaction` of bytes, where there is such a way. */
  sendRawTransactionBytes?(raw: Uint8Array): Promise<unknown>;
  /** `eth_getCode` at `latest` of several accounts as bytes, where there is such a way. */
  getCodes?(addresses: readonly Hex[]): Promise<Uint8Array[]>;
  /**
   * The data of chunks of a contract at `latest`, where the chain is one of this process: each was checked against its address in the
   * thread that read it, and is undefined where there is none that belongs there.
   */
  getChunks?(contract: Hex, addresses: readonly Hex[]): Promise<(Uint8Array | undefined)[]>;
  /** A sentence while the chain itself knows why it makes no blocks, where there is such a way. */
  readonly trouble?: string | undefined;
}

/** What a node answered instead of a result. */
export interface RpcFailure {
  code: number;
  message: string;
  /** Of a revert: the contract's error. */
  data: Hex | undefined;
}

/** EIP-1193: there is no chain behind the provider any more. */
const DISCONNECTED = 4900;

/** The node's own refusal in an error of `request`, or undefined when the node could not be asked. */
export function rpcFailure(error: unknown): RpcFailure | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, message, data } = error as Record<string, unknown>;
  if (typeof code !== 'number' || code === DISCONNECTED || typeof message !== 'string') return undefined;
  return { code, message, data: typeof data === 'string' && data.startsWith('0x') ? (data as Hex) : undefined };
}
