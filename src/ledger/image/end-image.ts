import { LedgerError } from '../../base/errors.js';
import { encodeCall, type ImageLedger } from '../contract/image-ledger.js';
import { findImage } from './reconcile.js';
import * as gas from '../contract/gas.js';
import type { Heads } from '../nodes/heads.js';
import type { Hex } from '../ethereum/hex.js';
import type { ImageState } from '../ledger.js';
import { readImageState, type ImageStateDependencies } from './image-state.js';
import type { OwnSite } from '../contract/own-site.js';
import { callStep, withdrawStep } from './transaction-plan.js';

export interface EndImageDependencies extends ImageStateDependencies {
  heads: Heads;
  ownSite: OwnSite;
  contracts: readonly ImageLedger[];
  signal: AbortSignal;
}

/** Retires a sealed image, wherever it is. Throws `not-found`, and what the contract refuses. */
export async function retireImage(dependencies: EndImageDependencies, imageKey: Hex, reason: string): Promise<void> {
  const image = await findImage(dependencies.contracts, imageKey);
  if (!image) throw new LedgerError('not-found', `No contract has the image ${imageKey}.`);
  const contract = dependencies.contracts.find(({ address }) => address === image.contract)!;
  await call(dependencies, contract, 'retire', {
    imageKey,
    data: encodeCall('retire', imageKey, reason),
    gas: gas.RETIRE_GAS,
  });
}

/** Voids this site's own announcement in the newest contract, if there is one. */
export async function withdrawImage(dependencies: EndImageDependencies, imageKey: Hex): Promise<void> {
  const newest = dependencies.contracts[0]!;
  const image = await newest.image(imageKey);
  if (image.state !== 'announced' || image.siteId !== (await dependencies.ownSite.require())) return;
  await call(dependencies, newest, 'withdraw', { imageKey, data: withdrawStep(imageKey).data, gas: gas.WITHDRAW_GAS });
}

/** Sends one call and sees that it ended the state which the image was in. */
async function call(
  dependencies: EndImageDependencies,
  contract: ImageLedger,
  name: 'retire' | 'withdraw',
  { imageKey, data, gas: callGas }: { imageKey: Hex; data: Buffer; gas: number },
): Promise<void> {
  const { heads, sender, signal } = dependencies;
  await contract.rehearse(name, data, sender.account);
  const { byteCount, gas: stepGas } = callStep(data, callGas);
  const request = { byteCount, urgent: true, bytesLeft: byteCount };
  const sent = await sender.send(request, async () => ({ to: contract.address, data, gas: stepGas + gas.BASE_GAS }));
  await sent.mined;
  let look = await readImageState(dependencies, imageKey, sent.nonce);
  while (look.isBehind && !signal.aborted) {
    await heads.after(heads.count, 1_000, signal);
    look = await readImageState(dependencies, imageKey, sent.nonce);
  }
  const before: ImageState = name === 'retire' ? 'sealed' : 'announced';
  if (look.found?.state !== before) return;
  const message = `A block took the ${name} of image ${imageKey} without effect: try again.`;
  throw new LedgerError('chain-refused', message, { details: { reason: `${name} had no effect` }, retryable: true });
}
