import type { Grant } from '../../keyring/open-grants.js';
import type { OpenedRing } from '../../ledger/consortium/read-rings.js';
import { fromHex } from '../../ledger/ethereum/hex.js';
import type { Ledger } from '../../ledger/ledger.js';
import type { RingChoice } from '../rings/choose-ring.js';
import type { WantedLetter } from './deliver-letters.js';

/**
 * The letters that other sites are to get: for the audience of the ring that is to be written to, and for what persons of this site have given. Nothing
 * else that the chain shares: an account whose key was stolen can say there what it likes. `rings` are those of this site, as the chain has them.
 * Rejects with `unavailable`.
 */
export async function wantedLetters(
  ledger: Pick<Ledger, 'isAdmitted'>,
  { choice, grants, rings }: { choice: RingChoice | undefined; grants: readonly Grant[]; rings: readonly OpenedRing[] },
): Promise<WantedLetter[]> {
  const wanted: WantedLetter[] = (choice?.awaited ?? []).map((to) => ({ to, ringId: choice!.ring.ringId }));
  if (grants.length === 0) return wanted;
  const admitted = new Map<number, boolean>();
  for (const { toSite } of grants) if (!admitted.has(toSite)) admitted.set(toSite, await ledger.isAdmitted(toSite));
  const studies = new Map<string, WantedLetter & { studyKeys: bigint[] }>();
  for (const { ringId, toSite, studyKey } of grants) {
    const shares = rings.find((ring) => ring.ringId === `0x${ringId}`)?.shares ?? [];
    const share = shares.find((one) => one.toSite === toSite && String(one.studyKey) === studyKey);
    if (!admitted.get(toSite) || share === undefined || share.acknowledgedAt !== undefined) continue;
    const letter = { to: toSite, ringId: fromHex(`0x${ringId}`) };
    if (studyKey === '0') {
      if (!wanted.some((one) => one.to === toSite && one.ringId.equals(letter.ringId))) wanted.push(letter);
      continue;
    }
    const key = `${toSite} ${ringId}`;
    studies.set(key, { ...letter, studyKeys: [...(studies.get(key)?.studyKeys ?? []), BigInt(studyKey)] });
  }
  return [...wanted, ...studies.values()];
}
