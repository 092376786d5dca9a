import { LedgerError } from '../base/errors.js';
import type { Hex } from '../ledger/ethereum/hex.js';
import { asMember, atConsortium, type ConsortiumHere } from './at-consortium.js';
import type { ContractOptions, GovernorOptions } from './chain-options.js';
import { propose } from './proposal.js';

/** Proposes that the governors retire an image of any site, or (code 0) restore it. */
export function proposeRuling(imageId: Hex, code: number, options: GovernorOptions): Promise<void> {
  return asMember(options, async (here) => {
    const { encodeCall } = await import('../ledger/consortium/decode-call.js');
    await propose(here, encodeCall('rule', imagesOf(here), imageId, code));
  });
}

/** Needed only where the execution of a proposal was not followed by it. */
export function carryOutRuling(imageId: Hex, options: GovernorOptions): Promise<void> {
  return asMember(options, async (here) => {
    await here.as.carryOut(imagesOf(here), imageId);
    console.log(`The newest ruling on image ${imageId} is carried out.`);
  });
}

/** A line an image: its id, the number of the newest ruling on it, and what that is. */
export function showRulings(options: ContractOptions): Promise<void> {
  return atConsortium(options, async (here) => {
    const { readRulings } = await import('../ledger/consortium/read-rulings.js');
    const rulings = await readRulings(here);
    for (const { imageId, number, code } of rulings)
      console.log([imageId, `ruling ${number}`, code === 0 ? 'restored' : `retired (${code})`].join('\t'));
    if (rulings.length === 0) console.error('The governors have ruled on no image.');
  });
}

function imagesOf({ images }: ConsortiumHere): Hex {
  if (images !== undefined) return images;
  throw new LedgerError('bad-request', '--contract is the consortium itself: give the contract of the images (LEDGER_CONTRACT).'); // prettier-ignore
}
