import { LedgerError } from '../../base/errors.js';
import type { ChainImage, ImageContract } from '../contract/image-contract.js';
import { findImage } from './reconcile.js';
import { latestNonce } from '../nodes/latest-nonce.js';
import type { Hex } from '../ethereum/hex.js';
import type { LedgerNode, Nodes } from '../nodes/node.js';
import type { Sender } from '../send/sender.js';

export interface ImageStateDependencies {
  nodes: Nodes;
  sender: Sender;
  /** The contracts as one node has them, the newest first. */
  contractsAt: (node: LedgerNode) => readonly ImageContract[];
}

/** An image as one node has it. */
export interface Look {
  found: ChainImage | undefined;
  /**
   * That node does not have the block yet that this site's transaction is in, or was in before a reorganisation that is to
   * take it again. False for a transaction that is nowhere any more: that was undone for good.
   */
  isBehind: boolean;
}

/**
 * Looks at an image after this site's transaction of that nonce. Nonce and image come from the same node: of two nodes one
 * may be on another fork. Rejects with `unavailable` when none can be asked.
 */
export async function readImageState(
  dependencies: ImageStateDependencies,
  imageId: Hex,
  nonce: number | undefined,
): Promise<Look> {
  let failure: unknown;
  for (const node of dependencies.nodes.preferred()) {
    try {
      const latest = nonce === undefined ? undefined : await node.rpc.nonce(dependencies.sender.account, 'latest');
      const found = await findImage(dependencies.contractsAt(node), imageId);
      if (nonce === undefined || latest! > nonce) return { found, isBehind: false };
      const isOnItsWay =
        dependencies.sender.holds(nonce) ||
        (await latestNonce(dependencies.nodes, dependencies.sender.account)) > nonce;
      return { found, isBehind: isOnItsWay };
    } catch (error) {
      if (!(error instanceof LedgerError) || error.code !== 'unavailable') throw error;
      failure ??= error;
    }
  }
  throw failure;
}
