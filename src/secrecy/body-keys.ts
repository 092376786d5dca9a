import { LedgerError } from '../base/errors.js';
import { type CellKeys, cellKeys } from './cell.js';
import { hmacSha256 } from './hmac-sha256.js';
import { derive, exactly, u32, u64, u8 } from './labels.js';
import type { StudyNode } from './tree.js';

/** Which of an image's bodies it is. */
export const ROLE = { header: 1, preview: 2, instance: 3 } as const;
export type Role = (typeof ROLE)[keyof typeof ROLE];

/** What the keys of a body are bound to: the same bytes at any other place have other keys. */
export interface BodyOwner {
  role: Role;
  /** EIP-155. */
  chainId: bigint;
  /** Address of the contract in which the image is announced, 20 bytes. */
  contract: Buffer;
  siteId: number;
  /** 32 bytes: `imageKeyOf`. */
  imageKey: Buffer;
}

/** What stands on the chain for an instance. Nobody can make it again once the study's node is gone. */
export function imageKeyOf(study: StudyNode, SOPInstanceUID: string): Buffer {
  // Without the value: a UID can lead to a patient. Its form is PS3.5 §9.1.
  if (!/^[0-9.]{1,64}$/.test(SOPInstanceUID))
    throw new LedgerError('internal', `A SOP Instance UID of ${SOPInstanceUID.length} characters is not one.`);
  return hmacSha256(derive(study, 'image'), Buffer.from(SOPInstanceUID, 'ascii'));
}

/** The keys of one body. */
export function bodyKeys(study: StudyNode, { role, chainId, contract, siteId, imageKey }: BodyOwner): CellKeys {
  const context = [u8(role), u64(chainId), exactly(20, contract), u32(siteId), exactly(32, imageKey)];
  return cellKeys(derive(study, 'body', Buffer.concat(context)));
}
