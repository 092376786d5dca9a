import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LedgerError } from '../base/errors.js';
import { writeDurably } from '../base/write-durably.js';
import { isMember } from '../ledger/consortium/is-member.js';
import { TRANSFER_GAS, transact } from '../ledger/contract/transact.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import { accountOf } from '../ledger/keys/sign.js';
import { openHttpProvider } from '../ledger/rpc/http-provider.js';
import { createRpc } from '../ledger/rpc/rpc.js';
import type { Ipc } from './votes.js';

export interface ReturnFeesOptions {
  /** JSON-RPC of the node. */
  url: string;
  ipc: Ipc;
  /** Of the signer, who earns the fees of the blocks that it seals (EIP-225 leaves them to the sealer). */
  key: Buffer;
  /** The node's; `fees.json` in it is the account of this. */
  folder: string;
  /** Whose sites get their fees back; undefined while the node does not know a contract. */
  contractOf: () => Promise<Hex | undefined>;
  periodSeconds: number;
  /** Ends it. */
  signal: AbortSignal;
}

/** Blocks that are so deep are paid for: of what a reorganisation takes out, the fees are paid again. */
const DEPTH = 5;
/** After a pause there may be many. */
const MOST_BLOCKS_AT_ONCE = 1_000;

/** `fees.json`: the first block that was not looked at, and what is owed of those before, in wei. */
interface Account {
  next: number;
  owed: Record<Hex, string>;
}

/**
 * Gives the fees of the blocks that this node has sealed back to the accounts that paid them, if they are of governors or of sites
 * that are admitted. So an account lives on the ration that it got at its admission, and whoever is dismissed has spent it
 * within an hour of full blocks. An account is paid when it is owed a block's worth of gas. A payment that is under way when
 * the process is killed is not made again. Never rejects; resolves some time after the signal.
 */
export async function returnFees(options: ReturnFeesOptions): Promise<void> {
  const { url, ipc, key, folder, contractOf, periodSeconds, signal } = options;
  const signer = accountOf(key);
  const file = path.join(folder, 'fees.json');
  const provider = openHttpProvider({ url });
  const rpc = createRpc(provider);

  async function read(): Promise<Account> {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    return text === undefined ? { next: Number(await rpc.blockNumber()), owed: {} } : (JSON.parse(text) as Account);
  }
  const write = (account: Account): Promise<void> =>
    writeDurably(file, `${JSON.stringify(account, null, 2)}\n`, { mode: 0o600 });

  async function look(contract: Hex): Promise<void> {
    const account = await read();
    const head = (await rpc.block('latest'))!;
    const end = Math.min(Number(head.number) - DEPTH + 1, account.next + MOST_BLOCKS_AT_ONCE);
    for (; account.next < end; account.next++) await addFees(account, account.next);
    await write(account);
    const least = head.gasLimit * (await rpc.gasPrice());
    for (const [to, owed] of Object.entries(account.owed) as [Hex, string][])
      if (BigInt(owed) >= least) await settle(account, to, contract);
  }

  async function addFees({ owed }: Account, number: number): Promise<void> {
    const at = `0x${number.toString(16)}`;
    const { gasUsed } = (await ipc('eth_getHeaderByNumber', at)) as { gasUsed: Hex };
    if (BigInt(gasUsed) === 0n || (await ipc('clique_getSigner', at)) !== signer) return;
    const receipts = (await ipc('eth_getBlockReceipts', at)) as { from: Hex; gasUsed: Hex; effectiveGasPrice: Hex }[];
    for (const { from, gasUsed: used, effectiveGasPrice } of receipts)
      if (from !== signer) owed[from] = String(BigInt(owed[from] ?? 0) + BigInt(used) * BigInt(effectiveGasPrice));
  }

  async function settle(account: Account, to: Hex, contract: Hex): Promise<void> {
    const owed = BigInt(account.owed[to]!);
    const cost = TRANSFER_GAS * (await rpc.gasPrice());
    const left = (await rpc.balance(signer)) - cost;
    const isOfUs = await isMember(rpc, contract, to);
    const value = !isOfUs ? 0n : owed < left ? owed : left;
    if (isOfUs && value <= 0n) return;
    // First: killed in between it loses this payment, and makes none twice.
    if (value === owed || !isOfUs) delete account.owed[to];
    else account.owed[to] = String(owed - value);
    await write(account);
    if (isOfUs) await pay(account, to, value);
  }

  async function pay(account: Account, to: Hex, value: bigint): Promise<void> {
    try {
      await transact({ rpc }, { key, to, value, gasLimit: TRANSFER_GAS });
    } catch (error) {
      if (!(error instanceof LedgerError) || error.code !== 'chain-refused') throw error;
      account.owed[to] = String(BigInt(account.owed[to] ?? 0) + value);
      await write(account);
    }
  }

  const onePeriod = (): Promise<void> =>
    sleep(Math.max(1, periodSeconds) * 1_000, undefined, { signal }).catch(() => undefined);
  while (!signal.aborted) {
    const contract = await contractOf().catch(() => undefined);
    // A node that starts or stops answers later.
    if (contract !== undefined) await look(contract).catch(() => undefined);
    await onePeriod();
  }
  await provider.close();
}
