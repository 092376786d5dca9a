import type { Log } from '../../base/log.js';
import { confirm, type ConfirmOptions } from './confirm.js';
import type { Heads } from '../nodes/heads.js';
import type { Nodes } from '../nodes/node.js';
import type { NonceQueue } from './nonce-queue.js';
import { startNodePump, type NodePumpOptions } from './node-pump.js';

/** A queue on its way to every node. */
export interface Broadcast {
  /** A sentence while no node takes the next transaction, for a reason that needs a person. */
  readonly alarm: string | undefined;
  close(): Promise<void>;
}

/** Sends a queue to every node until all of it is in blocks for good, and whatever is added to it, until it is closed. */
export function startBroadcast(
  { nodes, heads, queue, log }: { nodes: Nodes; heads: Heads; queue: NonceQueue; log: Log },
  options: NodePumpOptions & Omit<ConfirmOptions, 'signal'>,
): Broadcast {
  const closing = new AbortController();
  const { signal } = closing;
  // Nodes announce large transactions to each other late, and a cut-off one not at all: each gets all from here.
  const pumps = nodes.all.map((node) => startNodePump({ node, queue, log }, options));
  const wake = (): void => pumps.forEach((pump) => pump.wake());
  queue.onSaved(wake);
  wake();
  void confirm({ heads, queue, pumps, log }, { ...options, signal });

  return {
    get alarm() {
      const taken = Math.max(...pumps.map(({ position }) => position));
      const refused = pumps.find(({ refusal }) => refusal !== undefined && refusal.nonce >= taken);
      if (!refused) return undefined;
      const { nonce, reason } = refused.refusal!;
      return `The chain does not take transaction ${nonce} of account ${queue.account}: ${reason}. It is sent again until it does.`;
    },
    close: async () => {
      closing.abort();
      // A node that hangs is not waited for.
      pumps.forEach((pump) => pump.close());
      await queue.close();
    },
  };
}
