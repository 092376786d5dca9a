import { createConsortiumReader } from '../consortium/consortium-reader.js';
import { SHARE_GAS } from '../contract/gas.js';
import type { Hex } from '../ethereum/hex.js';
import type { ShareOfRing } from '../ring-ledger.js';
import { callConsortium, type CallConsortiumDependencies } from './call-consortium.js';

/** Says that a site gets a ring of this site, or a study of it; resolves once the contract has it. */
export async function shareRing(
  dependencies: CallConsortiumDependencies,
  { consortium, siteId, to }: { consortium: Hex; siteId: number; to: ShareOfRing },
): Promise<void> {
  const reader = createConsortiumReader(dependencies.rpc, consortium);
  const isDone = async (): Promise<boolean> => {
    const { sharedAt, mayAdd } = await reader.read('getShare', siteId, to.ringId, to.siteId, to.studyKey);
    return Number(sharedAt) > 0 && mayAdd === to.mayAdd;
  };
  const values = [to.ringId, to.siteId, to.studyKey, to.mayAdd];
  await callConsortium(dependencies, { consortium, name: 'share', values, gas: SHARE_GAS, isDone });
}
