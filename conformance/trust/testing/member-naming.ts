import { randomBytes } from 'node:crypto';
import { createPseudonyms } from '../../../src/archive/pseudonyms.js';
import { createBodySecrets } from '../../../src/archive/secrecy/body-secrets.js';
import type { StudyNumbers } from '../../../src/archive/store/name-by-numbers.js';
import { nameByPseudonyms } from '../../../src/archive/store/name-by-pseudonyms.js';
import type { Naming } from '../../../src/archive/store/naming.js';
import { nameForMember } from '../../../src/archive/testing/name-for-member.js';
import { toHex, type Hex } from '../../../src/ledger/ethereum/hex.js';
import { studyNodeOf, wholeRing } from '../../../src/secrecy/ring.js';

/** A ring of a member, whole. */
export interface MemberRing {
  /** 16 bytes. */
  ringId: Buffer;
  /** 32 bytes. */
  root: Buffer;
}

export const newMemberRing = (): MemberRing => ({ ringId: randomBytes(16), root: randomBytes(32) });

/** How instances are named. In release 2 a member may say that its numbers are others than it gives; then keys follow from these. */
export type MemberNaming = (numbers?: { studyKey?: bigint; patientKey?: bigint }) => Naming;

/** Release 1: by the consortium's key, which every member has. */
export function namedByPseudonyms(consortiumKey: Buffer): MemberNaming {
  const pseudonyms = createPseudonyms(consortiumKey);
  const projection = { image: () => undefined, holder: () => undefined };
  return () => nameByPseudonyms({ pseudonyms, projection });
}

/** Release 2: by the numbers that it gives to studies and patients, and the keys of its ring. */
export function namedByNumbers(
  { ringId, root }: MemberRing,
  { chainId, contract, siteId }: { chainId: bigint; contract: Hex; siteId: number },
): MemberNaming {
  const ring = wholeRing(root);
  const upper = BigInt(randomBytes(4).readUInt32BE()) << 32n;
  const given = new Map<string, bigint>();
  const numberOf = (what: unknown[]): bigint => {
    const name = JSON.stringify(what);
    const number = given.get(name) ?? upper + BigInt(given.size + 1);
    given.set(name, number);
    return number;
  };
  const keyring = { studyNode: (_ring: unknown, studyKey: bigint) => studyNodeOf(ring, studyKey) };
  const secrets = createBodySecrets({ chainId, keyring });
  return (said = {}) => {
    const numbers: StudyNumbers = {
      writingRing: () => Promise.resolve({ ringId }),
      numbersOf: async ({ StudyInstanceUID, IssuerOfPatientID, PatientID }) => ({
        studyKey: numberOf([StudyInstanceUID, IssuerOfPatientID, PatientID]),
        patientKey: numberOf([IssuerOfPatientID, PatientID]),
        ...said,
      }),
    };
    return nameForMember({ siteId, contract }, { numbers, secrets });
  };
}

/** The name of a ring as the chain has it. */
export const ringName = ({ ringId }: MemberRing): Hex => toHex(ringId);
