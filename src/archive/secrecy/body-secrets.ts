import { LRUCache } from 'lru-cache';
import { fromHex, type Hex, toHex } from '../../ledger/ethereum/hex.js';
import { bodyKeys, imageKeyOf, type Role } from '../../secrecy/body-keys.js';
import type { CellKeys } from '../../secrecy/cell.js';
import type { StudyNode } from '../../secrecy/tree.js';

/** What is asked of a keyring for reading. */
export interface StudyNodes {
  /** A study's node; undefined when it was erased, or never given. `ringId` has 16 bytes. */
  studyNode(ring: { siteId: number; ringId: Buffer }, studyKey: bigint): StudyNode | undefined;
}

/** What the keys of an image's bodies are derived from. */
export interface EncryptedImage {
  /** In which it is announced, `0x…` of 20 bytes. */
  contract: string;
  siteId: number;
  /** `0x…` of 16 bytes. */
  ringId: string;
  /** A u64 in decimal digits. */
  studyKey: string;
  /** `0x…` of 32 bytes. */
  imageKey: string;
}

/** The secrets of one image. */
export interface ImageSecrets {
  keys(role: Role): CellKeys;
  /** The image key that an instance of the same study has by its UID (PS3.5 §9.1), which may be another one than the image's. */
  imageKeyOf(SOPInstanceUID: string): Hex;
}

/** The secrets of all images that can be read here. None of them is kept. */
export interface BodySecrets {
  /** Undefined when there is no key for it here. */
  of(image: EncryptedImage): ImageSecrets | undefined;
  /** Whether the key commitment of a content's body was found right before, and where that is noted. It is no secret. */
  commitment(contentKey: string): { isRight: () => boolean; noteRight: () => void };
}

/** Contents of which it is remembered that their key commitment is right: of some series. */
const KNOWN_COMMITMENTS = 10_000;

/** @param chainId EIP-155. Without a keyring there is no key for anything. */
export function createBodySecrets({ chainId, keyring }: { chainId: bigint; keyring?: StudyNodes }): BodySecrets {
  const right = new LRUCache<string, true>({ max: KNOWN_COMMITMENTS });
  return {
    of: ({ contract, siteId, ringId, studyKey, imageKey }) => {
      const study = keyring?.studyNode({ siteId, ringId: fromHex(ringId) }, BigInt(studyKey));
      if (!study) return undefined;
      const owner = { chainId, contract: fromHex(contract), siteId, imageKey: fromHex(imageKey) };
      return {
        keys: (role) => bodyKeys(study, { ...owner, role }),
        imageKeyOf: (SOPInstanceUID) => toHex(imageKeyOf(study, SOPInstanceUID)),
      };
    },
    commitment: (contentKey) => ({
      isRight: () => right.has(contentKey),
      noteRight: () => void right.set(contentKey, true),
    }),
  };
}

/**
 * What an image's keys are derived from, of its announcement as the catalogue has it; undefined for one of release 1, whose bodies
 * are not encrypted.
 */
export function encryptedImageOf(
  image: Pick<EncryptedImage, 'contract' | 'siteId'> & {
    ringId?: string | undefined;
    studyKey?: string | undefined;
    imageKey?: string;
  },
): EncryptedImage | undefined {
  const { contract, siteId, ringId, studyKey, imageKey } = image;
  if (ringId === undefined || studyKey === undefined || imageKey === undefined) return undefined;
  return { contract, siteId, ringId, studyKey, imageKey };
}
