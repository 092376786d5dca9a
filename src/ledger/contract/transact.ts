import { setTimeout as sleep } from 'node:timers/promises';
import { LedgerError } from '../../base/errors.js';
import { fromHex, type Hex } from '../ethereum/hex.js';
import { rpcFailure } from '../rpc/provider.js';
import type { Rpc } from '../rpc/rpc.js';
import { accountOf, signTransaction } from '../keys/sign.js';

export interface TransactParameters {
  /** Whose key no running server may use: its nonces are the server's. */
  key: Buffer;
  /** Undefined deploys `data`. */
  to: Hex | undefined;
  data?: Buffer;
  /** Wei. */
  value?: bigint;
  gasLimit: bigint;
  /** How long to wait for the block. */
  timeoutMs?: number;
}

/** Of a transfer to an account (Yellow Paper, G_transaction). */
export const TRANSFER_GAS = 21_000n;

const POLL_MS = 25;
const SEND_AGAIN_MS = 2_000;

/**
 * Sends one transaction and returns its nonce once a block has it, known by the account's nonce: not every chain may be
 * asked for receipts before. Whether it had an effect is for the caller to look. Throws `chain-refused` when the node
 * does not take it, `unavailable` when no block has it in time.
 */
export async function transact({ rpc }: { rpc: Rpc }, parameters: TransactParameters): Promise<number> {
  const { key, to, data = Buffer.alloc(0), value = 0n, gasLimit, timeoutMs = 60_000 } = parameters;
  const account = accountOf(key);
  const [nonce, chainId, gasPrice] = await Promise.all([rpc.nonce(account, 'latest'), rpc.chainId(), rpc.gasPrice()]);
  const call = { chainId, nonce, gasPrice, gasLimit, to: to && fromHex(to), value, data };
  const { raw } = signTransaction(call, key);
  const send = (): Promise<void> => rpc.send(raw);

  await send().catch((error: unknown) => {
    if (!isThereAlready(error)) throw notTaken(error, account);
  });
  const end = Date.now() + timeoutMs;
  for (let sent = Date.now(); Date.now() < end; await sleep(POLL_MS)) {
    if ((await rpc.nonce(account, 'latest')) > nonce) return nonce;
    if (Date.now() - sent < SEND_AGAIN_MS) continue;
    sent = Date.now();
    // A node that was started again has forgotten it; the others say that they know it.
    await send().catch(() => undefined);
  }
  throw new LedgerError(
    'unavailable',
    `No block has taken the transaction of ${account} in ${timeoutMs / 1000} s; it may still do so. See whether the chain makes blocks, then repeat the command.`,
    { retryable: true },
  );
}

/** As geth, Besu and CometBFT say it: the same command was given before. */
function isThereAlready(error: unknown): boolean {
  return /already (known|exists|in)|known transaction/i.test(rpcFailure(error)?.message ?? '');
}

function notTaken(error: unknown, account: Hex): unknown {
  const failure = rpcFailure(error);
  if (failure === undefined) return error;
  return new LedgerError(
    'chain-refused',
    `The node does not take the transaction of ${account}: ${failure.message}. ${nextStep(failure.message)}`,
    { details: { reason: failure.message, account }, cause: error },
  );
}

function nextStep(message: string): string {
  if (/insufficient funds/i.test(message)) return 'Send this account some of the chain’s own coin to pay gas with.';
  if (/underpriced|nonce too low/i.test(message))
    return 'Another transaction of this account is on its way: wait for its block, then repeat the command.';
  return 'Repeat the command, or ask another node.';
}
