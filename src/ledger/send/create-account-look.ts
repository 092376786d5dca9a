import type { Rpc } from '../rpc/rpc.js';
import type { Sender } from './sender.js';

/**
 * Looks whether something else signs with the account of the sender: what the chain has of it is held against what was signed here since the start. A
 * node may be behind at the start, so what was before that is asked for as soon as there is a block of after it.
 */
export function createAccountLook(
  { rpc, sender }: { rpc: Pick<Rpc, 'block' | 'nonce'>; sender: Pick<Sender, 'account' | 'seen'> },
  startedMs = Date.now(),
): () => Promise<void> {
  let before: number | undefined;
  const isOfBefore = ({ timestamp }: { timestamp: bigint }): boolean => Number(timestamp) * 1000 < startedMs;
  return async () => {
    let block = await rpc.block('latest');
    if (block === undefined || isOfBefore(block)) return;
    if (before === undefined) {
      while (block !== undefined && block.number > 0n && !isOfBefore(block)) block = await rpc.block(block.number - 1n);
      if (block === undefined) return;
      before = await rpc.nonce(sender.account, block.number);
    }
    sender.seen({ before, latest: await rpc.nonce(sender.account, 'latest') });
  };
}
