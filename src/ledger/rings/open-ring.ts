import { LedgerError } from '../../base/errors.js';
import { OPEN_RING_GAS } from '../contract/gas.js';
import { rings } from '../contract/images.js';
import type { Hex } from '../ethereum/hex.js';
import { callConsortium, type CallConsortiumDependencies } from './call-consortium.js';

export interface RingToOpen {
  consortium: Hex;
  siteId: number;
  ringId: Hex;
  commitment: Hex;
}

/** Opens a ring of this site; resolves once the contract has it with this commitment. Rejects with `conflict` when it has another. */
export async function openRing(
  dependencies: CallConsortiumDependencies,
  { consortium, siteId, ringId, commitment }: RingToOpen,
): Promise<void> {
  const isDone = async (): Promise<boolean> => {
    const found = await rings.commitmentOf(dependencies.rpc, consortium, { siteId, ringId });
    if (found === undefined || found === commitment) return found !== undefined;
    throw new LedgerError(
      'conflict',
      `The ring ${ringId} of site ${siteId} is open with another commitment: ${found}.`,
    );
  };
  const call = { name: 'openRing', values: [ringId, commitment], gas: OPEN_RING_GAS };
  await callConsortium(dependencies, { ...call, consortium, isDone });
}
