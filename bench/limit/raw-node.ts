import { Agent, request } from 'undici';
import type { EmbeddedChain } from '../../src/ledger/embedded/embedded-chain.js';
import type { Hex } from '../../src/ledger/ethereum/hex.js';

/** A block as `eth_getBlockByNumber` gives it without its transactions. */
export interface RawBlock {
  size: Hex;
  gasUsed: Hex;
  gasLimit: Hex;
  timestamp: Hex;
  transactions: Hex[];
}

/** A node as a measurement needs it: nothing in between but JSON-RPC, or the embedded chain's own calls. */
export interface RawNode {
  /** A signed transaction as `send` takes it: done before the clock runs. */
  encode(raw: Buffer, id: number): Buffer;
  /** What the node says of each that it does not take, undefined of the others. */
  send(encoded: readonly Buffer[]): Promise<(string | undefined)[]>;
  /** In blocks. */
  nonce(account: Hex): Promise<number>;
  blockNumber(): Promise<number>;
  block(number: number): Promise<RawBlock>;
  /** Bytes of code, of several accounts in one request. */
  codes(addresses: readonly Hex[]): Promise<Uint8Array[]>;
  close(): Promise<void>;
}

interface Answer {
  result?: unknown;
  error?: { message: string };
}

/** geth behind its URL. */
export function httpNode(url: string): RawNode {
  const dispatcher = new Agent({ connections: 16, headersTimeout: 0, bodyTimeout: 0 });
  async function post(body: Buffer | string): Promise<unknown> {
    const headers = { 'content-type': 'application/json' };
    const answer = await request(url, { method: 'POST', headers, body, dispatcher });
    return JSON.parse(await answer.body.text());
  }
  async function ask(method: string, ...params: unknown[]): Promise<unknown> {
    const { result, error } = (await post(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))) as Answer;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  }
  const batch = (calls: readonly Buffer[]): Buffer =>
    Buffer.concat([Buffer.from('['), ...calls.flatMap(comma), Buffer.from(']')]);
  return {
    encode: (raw, id) =>
      Buffer.from(
        `{"jsonrpc":"2.0","id":${id},"method":"eth_sendRawTransaction","params":["0x${raw.toString('hex')}"]}`,
        'latin1',
      ),
    send: async (encoded) => ((await post(batch(encoded))) as Answer[]).map(({ error }) => error?.message),
    ...chainOf(ask),
    codes: async (addresses) => {
      const calls = addresses.map((address, id) => ({
        ...{ jsonrpc: '2.0', id, method: 'eth_getCode', params: [address, 'latest'] },
      }));
      const answers = (await post(JSON.stringify(calls))) as { result: Hex }[];
      return answers.map(({ result }) => Buffer.from(result.slice(2), 'hex'));
    },
    close: () => dispatcher.close(),
  };
}

/** The chain in a worker of this process. */
export function embeddedNode(chain: EmbeddedChain): RawNode {
  return {
    encode: (raw) => raw,
    send: (raws) =>
      Promise.all(
        raws.map((raw) =>
          chain.sendRawTransactionBytes(raw).then(
            () => undefined,
            (error: Error) => error.message,
          ),
        ),
      ),
    ...chainOf((method, ...params) => chain.request({ method, params })),
    codes: (addresses) => chain.getCodes(addresses),
    close: () => chain.close(),
  };
}

/** What both are asked in the same way. */
function chainOf(
  ask: (method: string, ...params: unknown[]) => Promise<unknown>,
): Pick<RawNode, 'nonce' | 'blockNumber' | 'block'> {
  return {
    nonce: async (account) => Number(await ask('eth_getTransactionCount', account, 'latest')),
    blockNumber: async () => Number(await ask('eth_blockNumber')),
    block: async (number) => (await ask('eth_getBlockByNumber', `0x${number.toString(16)}`, false)) as RawBlock,
  };
}

function comma(call: Buffer, i: number): Buffer[] {
  return i === 0 ? [call] : [Buffer.from(','), call];
}
