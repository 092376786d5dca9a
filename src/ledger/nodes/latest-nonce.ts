import type { Hex } from '../ethereum/hex.js';
import type { Nodes } from './node.js';

/** A node that hangs is not waited for. */
const TIMEOUT_MS = 5_000;

/**
 * The account's next nonce at the newest block of the node that is farthest: one that is behind must not make a site sign
 * nonces that are used. Rejects with the first node's error when none answers.
 */
export async function latestNonce({ all }: Nodes, account: Hex): Promise<number> {
  const asked = all.map(({ rpc }) => rpc.nonce(account, 'latest'));
  const answers = await Promise.allSettled(asked.map((answer) => Promise.race([answer, late()])));
  const nonces = answers.flatMap((answer) =>
    answer.status === 'fulfilled' && answer.value !== undefined ? [answer.value] : [],
  );
  return nonces.length > 0 ? Math.max(...nonces) : asked[0]!;
}

function late(): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), TIMEOUT_MS).unref());
}
