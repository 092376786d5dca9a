import { LedgerError } from '../../base/errors.js';
import { encodeCall, type ImageLedger } from '../contract/image-ledger.js';
import { findImage } from './reconcile.js';
import * as gas from '../contract/gas.js';
import type { Heads } from '../nodes/heads.js';
import type { Hex } from '../ethereum/hex.js';
import { readImageState, type ImageStateDependencies } from './image-state.js';
import { callStep } from './transaction-plan.js';

export interface RetireImageDependencies extends ImageStateDependencies {
  heads: Heads;
  contracts: readonly ImageLedger[];
  signal: AbortSignal;
}

/**
 * Retires a sealed image, in whichever contract it is, and sees that the block that took the call ended its state. Throws
 * `not-found`, and what the contract refuses.
 */
export async function retireImage(dependencies: RetireImageDependencies, imageId: Hex, reason: string): Promise<void> {
  const { contracts, heads, sender, signal } = dependencies;
  const image = await findImage(contracts, imageId);
  if (!image) throw new LedgerError('not-found', `No contract has the image ${imageId}.`);
  const contract = contracts.find(({ address }) => address === image.contract)!;
  const data = encodeCall('retire', imageId, reason);
  await contract.simulate('retire', data, sender.account);
  const { byteCount, gas: stepGas } = callStep(data, gas.RETIRE_GAS);
  const request = { byteCount, urgent: true, bytesLeft: byteCount };
  const sent = await sender.send(request, async () => ({ to: contract.address, data, gas: stepGas + gas.BASE_GAS }));
  await sent.mined;
  let look = await readImageState(dependencies, imageId, sent.nonce);
  while (look.isBehind && !signal.aborted) {
    await heads.after(heads.count, 1_000, signal);
    look = await readImageState(dependencies, imageId, sent.nonce);
  }
  if (look.found?.state !== 'sealed') return;
  const message = `A block took the retire of image ${imageId} without effect: try again.`;
  throw new LedgerError('chain-refused', message, { details: { reason: 'retire had no effect' }, retryable: true });
}
