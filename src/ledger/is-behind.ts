import { latestNonce } from './latest-nonce.js';
import type { Nodes } from './node.js';
import type { Sender } from './send.js';

/**
 * Whether the node that is asked first does not have the block yet that a transaction of this site is in, or was in before
 * a reorganisation that is to take it again. False for what is nowhere any more: that was undone for good.
 */
export async function isBehind({ nodes, sender }: { nodes: Nodes; sender: Sender }, nonce: number): Promise<boolean> {
  if ((await nodes.rpc.nonce(sender.account, 'latest')) > nonce) return false;
  return sender.holds(nonce) || (await latestNonce(nodes, sender.account)) > nonce;
}
