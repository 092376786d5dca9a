import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fromHex, toHex, type Hex } from '../ethereum/hex.js';
import { accountOf, signTransaction } from '../keys/sign.js';
import { openEmbeddedChain, type EmbeddedChain, type SubscriptionMessage } from '../embedded/embedded-chain.js';

/** Support of this folder's tests: an account, a contract of a few instructions, and transactions to it. */
export const chainId = 53_696n;
export const privateKey = Buffer.alloc(32, 7);
export const account = accountOf(privateKey);

/**
 * With 32 bytes of calldata: keeps them in slot 0 and logs them as topic and data, but reverts with them for 0xdead.
 * Without calldata: returns slot 0.
 */
const keeperCode =
  '3615' + // CALLDATASIZE ISZERO
  '601e57' + // to read
  '600035' + // CALLDATALOAD(0)
  '80600055' + // SSTORE(0)
  '8061dead14602a57' + // to revert
  '80600052' + // MSTORE(0)
  '60206000a100' + // LOG1, STOP
  '5b60005460005260206000f3' + // read
  '5b60005260206000fd'; // revert

/** Deploys its calldata by CREATE2 with salt 0. */
const factoryCode = '36600060003760003660006000f500';

export const keeperCreation = creationOf(keeperCode);
export const factoryCreation = creationOf(factoryCode);

/** Init code that deploys `code`: PUSH2 its length, DUP1, PUSH1 10, RETURNDATASIZE, CODECOPY, RETURNDATASIZE, RETURN. */
export function creationOf(code: string): Hex {
  return `0x61${(code.length / 2).toString(16).padStart(4, '0')}80600a3d393df3${code}`;
}

export function newFolder(): string {
  return mkdtempSync(path.join(os.tmpdir(), 'embedded-test-'));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

export function openTestChain(folder: string, periodMs = 0): Promise<EmbeddedChain> {
  return openEmbeddedChain({ folder, periodMs, genesisAccounts: [account] });
}

export interface TestTransaction {
  nonce: number;
  to?: Hex;
  data?: Hex;
  gasPrice?: bigint;
  gasLimit?: bigint;
  chainId?: bigint;
  key?: Buffer;
}

export function sign(transaction: TestTransaction): { raw: Hex; hash: Hex } {
  const { raw, hash } = signTransaction(
    {
      chainId: transaction.chainId ?? chainId,
      nonce: transaction.nonce,
      gasPrice: transaction.gasPrice ?? 1n,
      gasLimit: transaction.gasLimit ?? 1_000_000n,
      to: transaction.to === undefined ? undefined : fromHex(transaction.to),
      data: fromHex(transaction.data ?? '0x'),
    },
    transaction.key ?? privateKey,
  );
  return { raw: toHex(raw), hash };
}

export interface Receipt {
  status: Hex;
  blockNumber: Hex;
  blockHash: Hex;
  gasUsed: Hex;
  contractAddress: Hex | null;
  logs: { address: Hex; topics: Hex[]; data: Hex; logIndex: Hex }[];
}

export interface Rpc {
  <T = Hex>(method: string, ...params: unknown[]): Promise<T>;
}

export function rpcOf(chain: EmbeddedChain): Rpc {
  return <T>(method: string, ...params: unknown[]) => chain.request({ method, params }) as Promise<T>;
}

/** Calls `send` and returns the first receipt of `hash`, looked for at each new head. */
export async function receiptOf(chain: EmbeddedChain, hash: Hex, send: () => Promise<unknown>): Promise<Receipt> {
  const rpc = rpcOf(chain);
  const subscription = await rpc('eth_subscribe', 'newHeads');
  let wake = (): void => {};
  const onMessage = (message: SubscriptionMessage): void => {
    if (message.data.subscription === subscription) wake();
  };
  chain.on('message', onMessage);
  try {
    let head = new Promise<void>((resolve) => (wake = resolve));
    await send();
    for (;;) {
      const receipt = await rpc<Receipt | null>('eth_getTransactionReceipt', hash);
      if (receipt !== null) return receipt;
      await head;
      head = new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    chain.removeListener('message', onMessage);
    await rpc('eth_unsubscribe', subscription);
  }
}

/** Sends with the account's next nonce and returns the receipt. */
export async function sendAndWait(chain: EmbeddedChain, transaction: Omit<TestTransaction, 'nonce'>): Promise<Receipt> {
  const { raw, hash } = sign({ ...transaction, nonce: await nextNonce(chain) });
  return receiptOf(chain, hash, () => chain.request({ method: 'eth_sendRawTransaction', params: [raw] }));
}

export async function nextNonce(chain: EmbeddedChain): Promise<number> {
  return Number(await rpcOf(chain)('eth_getTransactionCount', account, 'latest'));
}

/** A number as 32 bytes of hex. */
export function word(value: number | bigint): Hex {
  return `0x${value.toString(16).padStart(64, '0')}`;
}
