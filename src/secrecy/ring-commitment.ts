import { derive, exactly, u32, u64 } from './labels.js';
import type { TreeNode } from './tree.js';

/** The consortium whose contract keeps sites, rings and erasures. */
export interface ConsortiumId {
  /** EIP-155. */
  chainId: bigint;
  /** Address of the consortium's contract, 20 bytes. */
  consortium: Buffer;
}

/** Which ring it is. */
export interface RingId extends ConsortiumId {
  /** The site whose ring it is. */
  siteId: number;
  /** 16 random bytes. */
  ringId: Buffer;
}

/** 28 bytes. */
export function consortiumContext({ chainId, consortium }: ConsortiumId): Buffer {
  return Buffer.concat([u64(chainId), exactly(20, consortium)]);
}

/** What the chain has of a ring from the day that it is opened: 32 bytes that no other root gives, and that tell nothing of it. */
export function ringCommitment(root: TreeNode, ring: RingId): Buffer {
  const context = [consortiumContext(ring), u32(ring.siteId), exactly(16, ring.ringId)];
  return derive(root, 'ring', Buffer.concat(context));
}
