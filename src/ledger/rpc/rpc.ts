import { LedgerError } from '../../base/errors.js';
import { fromHex, quantity, toHex, type Hex } from '../ethereum/hex.js';
import type { BlockRef } from '../ethereum/block-ref.js';
import { rpcFailure, type LedgerProvider } from './provider.js';

export interface Block extends BlockRef {
  parentHash: Hex;
  timestamp: bigint;
  gasLimit: bigint;
  /** Its size as nodes send it to each other; undefined where the node does not tell. */
  byteCount?: number | undefined;
  /** Undefined before London rules (EIP-1559). */
  baseFee?: bigint | undefined;
  /** Which addresses and topics its events may have (Yellow Paper §4.3.1); undefined where the node does not tell. */
  logsBloom?: Hex | undefined;
}

/** Every method that is ever sent, so that any chain with those that are not marked will do; no receipts, nothing of what is pending. */
export const USED_METHODS: readonly string[] = [
  'eth_blockNumber',
  'eth_call',
  'eth_chainId',
  'eth_gasPrice',
  'eth_getBalance',
  'eth_getBlockByNumber',
  'eth_getCode',
  'eth_getLogs',
  // Where a node offers it; else it takes two nodes to tell a lying announcement from a lying node.
  'eth_getProof',
  'eth_getTransactionByHash',
  'eth_getTransactionCount',
  'eth_sendRawTransaction',
  // Where a node can push; else it is polled.
  'eth_subscribe',
  // Where a node offers it; else nothing is known of its peers.
  'net_peerCount',
];

/** What `eth_call` is to assume of the transaction. */
export interface CallOptions {
  from?: Hex;
  gas?: number;
  gasPrice?: bigint;
  /** After which block it is called; `latest` unless given. */
  at?: BlockTag;
}

export interface RawLog {
  address: Hex;
  topics: Hex[];
  data: Hex;
  blockNumber: Hex;
  blockHash: Hex;
  transactionHash: Hex;
  logIndex: Hex;
}

export type BlockTag = 'latest' | 'earliest' | bigint;

/** The `eth_*` methods that are used, typed. Node errors come as the provider throws them. */
export interface Rpc {
  chainId(): Promise<bigint>;
  blockNumber(): Promise<bigint>;
  block(at: BlockTag): Promise<Block | undefined>;
  gasPrice(): Promise<bigint>;
  nonce(account: Hex, at: BlockTag): Promise<number>;
  /** Wei at `latest`. */
  balance(account: Hex): Promise<bigint>;
  call(to: Hex, data: Buffer, options?: CallOptions): Promise<Hex>;
  codes(addresses: readonly Hex[]): Promise<Buffer[]>;
  /**
   * The data of chunks of a contract, checked against their addresses by another thread of this process; undefined of what is no chunk,
   * and nothing at all from a node that is not of this process.
   */
  chunks(contract: Hex, addresses: readonly Hex[]): Promise<(Buffer | undefined)[]>;
  /** As a block has it. */
  codeAt(address: Hex, at: bigint): Promise<Buffer>;
  /** EIP-1186, as the node answers it: who wants to believe it checks it. */
  proof(address: Hex, at: bigint): Promise<unknown>;
  /** All that the node says of a block, to be checked too. */
  wholeBlock(at: bigint): Promise<unknown>;
  /** `topics` are alternatives by place; without them every log of these addresses. */
  logs(
    filter: { address: readonly Hex[]; topics?: readonly (readonly Hex[])[] } & (
      { blockHash: Hex } | { from: bigint; to: bigint }
    ),
  ): Promise<RawLog[]>;
  send(raw: Buffer): Promise<void>;
  /** What a transaction carried, and the block that has it; undefined while none has. */
  minedTransaction(hash: Hex): Promise<{ from: Hex; to: Hex | null; data: Hex; block: bigint } | undefined>;
}

export function createRpc(provider: LedgerProvider): Rpc {
  async function reach<T>(method: string, asking: Promise<unknown>): Promise<T> {
    try {
      return (await asking) as T;
    } catch (error) {
      if (rpcFailure(error) !== undefined || error instanceof LedgerError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new LedgerError('unavailable', `The chain could not be asked for ${method}: ${why}.`, {
        retryable: true,
        cause: error,
      });
    }
  }
  const ask = <T>(method: string, ...params: unknown[]): Promise<T> =>
    reach(method, provider.request({ method, params }));

  return {
    chainId: async () => BigInt(await ask<Hex>('eth_chainId')),
    blockNumber: async () => BigInt(await ask<Hex>('eth_blockNumber')),
    block: async (at) => {
      type Answer = Record<'number' | 'hash' | 'parentHash' | 'timestamp' | 'gasLimit', Hex> &
        Partial<Record<'size' | 'baseFeePerGas' | 'logsBloom', Hex>>;
      const block = await ask<Answer | null>('eth_getBlockByNumber', tag(at), false);
      if (block === null) return undefined;
      return {
        number: BigInt(block.number),
        hash: block.hash,
        parentHash: block.parentHash,
        timestamp: BigInt(block.timestamp),
        gasLimit: BigInt(block.gasLimit),
        byteCount: block.size === undefined ? undefined : Number(block.size),
        baseFee: block.baseFeePerGas === undefined ? undefined : BigInt(block.baseFeePerGas),
        logsBloom: block.logsBloom,
      };
    },
    gasPrice: async () => BigInt(await ask<Hex>('eth_gasPrice')),
    nonce: async (account, at) => Number(await ask<Hex>('eth_getTransactionCount', account, tag(at))),
    balance: async (account) => BigInt(await ask<Hex>('eth_getBalance', account, 'latest')),
    call: (to, data, { from, gas, gasPrice, at = 'latest' } = {}) =>
      ask(
        'eth_call',
        {
          ...{ to, from, data: toHex(data) },
          ...(gas !== undefined && { gas: quantity(gas) }),
          ...(gasPrice !== undefined && { gasPrice: quantity(gasPrice) }),
        },
        tag(at),
      ),
    codes: async (addresses) => {
      if (provider.getCodes) {
        const bytes = await reach<Uint8Array[]>('eth_getCode', provider.getCodes(addresses));
        return bytes.map(asBuffer);
      }
      const codes = await Promise.all(addresses.map((address) => ask<Hex>('eth_getCode', address, 'latest')));
      return codes.map(fromHex);
    },
    chunks: async (contract, addresses) => {
      if (!provider.getChunks) return [];
      const chunks = await reach<(Uint8Array | undefined)[]>('eth_getCode', provider.getChunks(contract, addresses));
      return chunks.map((bytes) => bytes && asBuffer(bytes));
    },
    codeAt: async (address, at) => fromHex(await ask<Hex>('eth_getCode', address, quantity(at))),
    proof: (address, at) => ask('eth_getProof', address, [], quantity(at)),
    wholeBlock: (at) => ask('eth_getBlockByNumber', quantity(at), false),
    logs: ({ address, topics, ...where }) =>
      ask('eth_getLogs', {
        address,
        ...(topics && { topics }),
        ...('blockHash' in where ? where : { fromBlock: quantity(where.from), toBlock: quantity(where.to) }),
      }),
    send: async (raw) => {
      if (provider.sendRawTransactionBytes)
        await reach('eth_sendRawTransaction', provider.sendRawTransactionBytes(raw));
      else await ask('eth_sendRawTransaction', toHex(raw));
    },
    minedTransaction: async (hash) => {
      type Answer = { from: Hex; to: Hex | null; input: Hex; blockNumber: Hex | null };
      const found = await ask<Answer | null>('eth_getTransactionByHash', hash);
      if (found === null || found.blockNumber === null) return undefined;
      return { from: found.from, to: found.to, data: found.input, block: BigInt(found.blockNumber) };
    },
  };
}

function tag(at: BlockTag): string {
  return typeof at === 'bigint' ? quantity(at) : at;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
