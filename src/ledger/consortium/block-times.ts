import { LedgerError } from '../../base/errors.js';
import type { Rpc } from '../rpc/rpc.js';

/** So many blocks are asked for at the same time. */
const AT_ONCE = 50;

/** What time these blocks have, in seconds since 1970. Rejects with `unavailable` when the node lacks one. */
export async function blockTimes(
  rpc: Pick<Rpc, 'block'>,
  events: readonly { block: bigint }[],
): Promise<(block: bigint) => number> {
  const times = new Map<bigint, number>();
  const blocks = [...new Set(events.map(({ block }) => block))];
  for (let at = 0; at < blocks.length; at += AT_ONCE) {
    const asked = blocks.slice(at, at + AT_ONCE).map(async (number) => {
      const found = await rpc.block(number);
      if (found) times.set(number, Number(found.timestamp));
    });
    await Promise.all(asked);
  }
  return (block) => {
    const time = times.get(block);
    if (time !== undefined) return time;
    throw new LedgerError('unavailable', `The node does not give block ${block}; it may be behind.`, {
      retryable: true,
    });
  };
}
