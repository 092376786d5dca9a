import { LedgerError } from '../../base/errors.js';
import { createConsortiumReader } from '../consortium/consortium-reader.js';
import { BASE_GAS, calldataGas } from '../contract/gas.js';
import type { Hex } from '../ethereum/hex.js';
import type { Heads } from '../nodes/heads.js';
import type { Rpc } from '../rpc/rpc.js';
import type { Sender } from '../send/sender.js';

export interface CallConsortiumDependencies {
  rpc: Rpc;
  sender: Sender;
  heads: Heads;
  signal: AbortSignal;
}

export interface ConsortiumCall {
  consortium: Hex;
  /** A function that this site's account may call. */
  name: string;
  values: readonly unknown[];
  /** Upper bound of what it uses, besides the transaction itself. */
  gas: number;
  /** Whether the chain has what it is for: then nothing is sent. */
  isDone: () => Promise<boolean>;
}

/**
 * Sends a call of this site's account to the consortium unless the chain has its effect, and resolves once it has. Rejects with the contract's
 * reason when it refuses, and with `unavailable`.
 */
export async function callConsortium(
  { rpc, sender, heads, signal }: CallConsortiumDependencies,
  { consortium, name, values, gas, isDone }: ConsortiumCall,
): Promise<void> {
  if (await isDone()) return;
  const reader = createConsortiumReader(rpc, consortium);
  const data = reader.encode(name, ...values);
  await reader.simulate(name, data, sender.account);
  const request = { byteCount: data.length, urgent: true, bytesLeft: data.length };
  const call = { to: consortium, data, gas: BASE_GAS + gas + calldataGas(data.length) };
  const sent = await sender.send(request, async () => call);
  await sent.mined;
  while (!(await isDone())) {
    if (signal.aborted) throw new LedgerError('unavailable', 'The server is stopping.', { retryable: true });
    const isTaken = (await rpc.nonce(sender.account, 'latest')) > sent.nonce;
    // The node that is asked may be a block behind.
    if (!isTaken) await heads.after(heads.count, 1_000, signal);
    else if (!(await isDone()))
      throw new LedgerError('unavailable', `A block took the call ${name} without effect: try again.`, {
        details: { reason: `${name} had no effect` },
        retryable: true,
      });
  }
}
