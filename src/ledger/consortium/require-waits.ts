import { LedgerError } from '../../base/errors.js';
import type { Hex } from '../ethereum/hex.js';
import type { Rpc } from '../rpc/rpc.js';
import { createConsortiumReader } from './consortium-reader.js';

/**
 * Throws `misconfigured` when the changes and erasures of a consortium do not wait: it was made for a trial, where one key may change
 * all at once. For every chain but the embedded one.
 */
export async function requireWaits(rpc: Rpc, consortium: Hex): Promise<void> {
  const [waitSeconds] = await createConsortiumReader(rpc, consortium).read('waitSeconds');
  if (Number(waitSeconds) > 0) return;
  throw new LedgerError(
    'misconfigured',
    `The consortium at ${consortium} is for trials: what its governors decide, and erasures, take effect at once, and one governor is enough. Found one that waits 72 hours or more ("dicom-ledger deploy").`,
  );
}
