import { rpcFailure } from '../rpc/provider.js';

/** EIP-1474: internal error, resource not found or unavailable, limit exceeded; and HTTP's "too many requests". */
const TROUBLE_CODES = new Set([-32_603, -32_001, -32_002, -32_005, 429]);

/**
 * How nodes say that they lack what another has, or are not ready: geth ("missing trie node", "header not found", "unknown
 * block", "transaction indexing is in progress", "execution aborted"), CometBFT's EVM ("tx not found" just after a head), Besu
 * ("World state unavailable", "Block not found").
 */
const TROUBLE_MESSAGES =
  /missing trie node|not found|unknown block|indexing|pruned|unavailable|not available|internal error|aborted|timed? ?out|too many requests|rate limit|syncing/i;

/** Whether a node failed by itself, so that another may know the answer. A revert and a refusal of the call are answers. */
export function isNodeFailure(error: unknown): boolean {
  const failure = rpcFailure(error);
  if (failure === undefined) return true;
  if (failure.code === 3 || failure.data !== undefined || /revert/i.test(failure.message)) return false;
  if (failure.code === -32_601) return false;
  return TROUBLE_CODES.has(failure.code) || TROUBLE_MESSAGES.test(failure.message);
}
