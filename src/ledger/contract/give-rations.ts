import type { Hex } from '../ethereum/hex.js';
import { accountOf } from '../keys/sign.js';
import type { Rpc } from '../rpc/rpc.js';
import { rationOf } from './ration.js';
import { TRANSFER_GAS, transact } from './transact.js';

export interface GiveRationsParameters {
  /** Of the account that gives. */
  key: Buffer;
  to: Hex;
  rations: bigint;
  /** How long a ration lasts; an hour unless given. */
  rationSeconds?: number | undefined;
  timeoutMs?: number;
}

/** Gives an account what it lacks of so many rations, at most half of what the giver has; one that has half a ration gets nothing. */
export async function giveRations(
  { rpc }: { rpc: Rpc },
  { key, to, rations, rationSeconds, ...waiting }: GiveRationsParameters,
): Promise<void> {
  const [ration, has] = await Promise.all([rationOf(rpc, rationSeconds), rpc.balance(to)]);
  if (has >= ration / 2n) return;
  const half = (await rpc.balance(accountOf(key))) / 2n;
  const lacks = rations * ration - has;
  const value = half < lacks ? half : lacks;
  if (value > 0n) await transact({ rpc }, { key, to, value, gasLimit: TRANSFER_GAS, ...waiting });
}
