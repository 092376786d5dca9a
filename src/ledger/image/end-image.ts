import { LedgerError } from '../../base/errors.js';
import type { ImageCalls, ImageContract, ImageState } from '../contract/image-contract.js';
import * as gas from '../contract/gas.js';
import type { Hex } from '../ethereum/hex.js';
import type { Heads } from '../nodes/heads.js';
import { readImageState, type ImageStateDependencies } from './image-state.js';
import { findImage } from './reconcile.js';
import { callStep } from './transaction-plan.js';

export interface EndImageDependencies extends ImageStateDependencies {
  heads: Heads;
  contracts: readonly ImageContract[];
  signal: AbortSignal;
}

/**
 * Retires a sealed image, in whichever contract it is, and sees that the block that took the call ended its state. Throws
 * `not-found`, and what the contract refuses.
 */
export async function retireImage(dependencies: EndImageDependencies, imageId: Hex, reason: string): Promise<void> {
  await change(dependencies, imageId, {
    name: 'retire',
    before: 'sealed',
    encode: (calls) => calls.retire(imageId, reason),
  });
}

/** Undoes a retirement; otherwise like `retireImage`. */
export async function restoreImage(dependencies: EndImageDependencies, imageId: Hex): Promise<void> {
  await change(dependencies, imageId, {
    name: 'restore',
    before: 'retired',
    encode: (calls) => calls.restore(imageId),
  });
}

async function change(
  dependencies: EndImageDependencies,
  imageId: Hex,
  { name, before, encode }: { name: string; before: ImageState; encode: (calls: ImageCalls) => Buffer },
): Promise<void> {
  const { contracts, heads, sender, signal } = dependencies;
  const image = await findImage(contracts, imageId);
  if (!image) throw new LedgerError('not-found', `No contract has the image ${imageId}.`);
  const contract = contracts.find(({ address }) => address === image.contract)!;
  const data = encode(contract.calls);
  await contract.simulate(name, data, sender.account);
  const { byteCount, gas: stepGas } = callStep(data, gas.END_GAS);
  const request = { byteCount, urgent: true, bytesLeft: byteCount };
  const sent = await sender.send(request, async () => ({ to: contract.address, data, gas: stepGas + gas.BASE_GAS }));
  await sent.mined;
  let look = await readImageState(dependencies, imageId, sent.nonce);
  while (look.isBehind && !signal.aborted) {
    await heads.after(heads.count, 1_000, signal);
    look = await readImageState(dependencies, imageId, sent.nonce);
  }
  if (look.found?.state !== before) return;
  const message = `A block took the ${name} of image ${imageId} without effect: try again.`;
  throw new LedgerError('chain-refused', message, { details: { reason: `${name} had no effect` }, retryable: true });
}
