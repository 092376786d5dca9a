import { LedgerError } from '../../base/errors.js';
import type { Hex } from '../ethereum/hex.js';
import type { Rpc } from '../rpc/rpc.js';
import { revertError } from './revert-errors.js';

/** What a getter answers, by its name. Rejects with the contract's reason, and with `unavailable` for a node that gives nothing. */
export async function askContract(rpc: Rpc, to: Hex, name: string, data: Buffer): Promise<Hex> {
  const answer = await rpc.call(to, data).catch((error: unknown) => {
    throw revertError(error, name);
  });
  if (answer === '0x')
    throw new LedgerError('unavailable', `The node gives nothing for ${name} at ${to}; it may be behind.`, {
      retryable: true,
    });
  return answer;
}

/** `simulate` of a contract at this address. */
export function simulateAt(rpc: Rpc, to: Hex) {
  return async (call: string, data: Buffer, from: Hex): Promise<void> => {
    await rpc.call(to, data, { from }).catch((error: unknown) => {
      throw revertError(error, call);
    });
  };
}
