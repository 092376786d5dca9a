import { Transaction } from 'ethers';
import type { Heads } from '../nodes/heads.js';
import { quantity } from '../ethereum/hex.js';
import type { Nodes } from '../nodes/node.js';
import type { LedgerProvider } from '../rpc/provider.js';
import { createRpc } from '../rpc/rpc.js';
import { signTransaction } from '../keys/sign.js';

/** A node that says what a test tells it to, of one account. */
export interface FakeNode {
  readonly name: string;
  provider: LedgerProvider;
  /** 1 unless a test says otherwise. */
  chainId: number;
  /** Nonces in the order in which it was asked to take them. */
  asked: number[];
  /** Those that it has taken since its last start. */
  pool: Set<number>;
  /** Its answers by nonce, the next one first; nothing = taken. */
  refusals: Map<number, string[]>;
  /** Its answer to any transaction that it does not have. */
  refusesAll: string | undefined;
  isDown: boolean;
  /** It answers nothing any more. */
  hangs: boolean;
  /** Adds a block after which the account's next nonce is this. */
  mine(latest: number): void;
  /** Takes so many blocks back. */
  undo(blocks: number): void;
  /** Comes back, with its blocks and without its pool. */
  restart(): void;
}

export function fakeNode(name: string, firstNonce = 0): FakeNode {
  let blocks = [firstNonce];
  const node: FakeNode = {
    name,
    chainId: 1,
    asked: [],
    pool: new Set(),
    refusals: new Map(),
    refusesAll: undefined,
    isDown: false,
    hangs: false,
    mine: (latest) => void blocks.push(latest),
    undo: (count) => (blocks = blocks.slice(0, -count)),
    restart: () => {
      node.isDown = false;
      node.pool.clear();
    },
    provider: {
      request: async ({ method, params }) => {
        if (node.hangs) await new Promise(() => undefined);
        if (node.isDown) throw new Error('ECONNREFUSED');
        if (method === 'eth_blockNumber') return quantity(blocks.length - 1);
        if (method === 'eth_chainId') return quantity(node.chainId);
        if (method === 'eth_getTransactionCount') {
          const at = params![1] as string;
          return quantity(at === 'latest' ? blocks.at(-1)! : blocks[Number(at)]!);
        }
        const { nonce } = Transaction.from(params![0] as string);
        node.asked.push(nonce);
        const message = node.refusals.get(nonce)?.shift() ?? (node.pool.has(nonce) ? 'already known' : node.refusesAll);
        if (message !== undefined) throw Object.assign(new Error(message), { code: -32000 });
        node.pool.add(nonce);
        return '0x';
      },
    },
  };
  return node;
}

export function nodesOf(fakes: readonly FakeNode[]): Nodes {
  const all = fakes.map(({ name, provider }) => ({ name, provider, rpc: createRpc(provider) }));
  return {
    all,
    rpc: all[0]!.rpc,
    preferred: () => all,
    distrust: () => undefined,
    status: () => [],
    close: async () => undefined,
  };
}

/** Looks again every few milliseconds. */
export const eagerHeads: Heads = {
  count: 0,
  after: (_seen, _atMostMs, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve();
      setTimeout(resolve, 5);
    }),
  close: () => undefined,
};

export async function eventually(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** A signed transaction of any account with that nonce. */
export function signedWith(privateKey: Buffer, nonce: number): Buffer {
  const transaction = { chainId: 1n, nonce, gasPrice: 1n, gasLimit: 21_000n, to: Buffer.alloc(20, 1) };
  return signTransaction({ ...transaction, data: Buffer.alloc(0) }, privateKey).raw;
}
