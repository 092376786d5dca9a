import { RING_ANCHOR_KIND, readAcknowledgements, ringAnchorRoot } from '../consortium/read-rings.js';
import { ANCHOR_GAS } from '../contract/gas.js';
import type { Hex } from '../ethereum/hex.js';
import { callConsortium, type CallConsortiumDependencies } from './call-consortium.js';

/** Says that this site has the keys of a ring, or of a study of it; resolves once the chain has it. */
export async function acknowledgeRing(
  dependencies: CallConsortiumDependencies,
  {
    consortium,
    bySite,
    ring: { siteId, ringId, studyKey },
  }: { consortium: Hex; bySite: number; ring: { siteId: number; ringId: Hex; studyKey: bigint } },
): Promise<void> {
  const { rpc } = dependencies;
  const isDone = async (): Promise<boolean> => {
    const found = await readAcknowledgements({ rpc, consortium }, { bySite });
    return found.some((one) => one.siteId === siteId && one.ringId === ringId && one.studyKey === studyKey);
  };
  const values = [RING_ANCHOR_KIND, ringAnchorRoot({ siteId, ringId }), studyKey];
  await callConsortium(dependencies, { consortium, name: 'anchor', values, gas: ANCHOR_GAS, isDone });
}
