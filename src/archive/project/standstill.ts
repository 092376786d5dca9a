import type { Progress } from './progress.js';

/** Whether the catalogue follows the chain, whatever it is that holds it up. */
export interface Standstill {
  /** Says how high the chain is, as a node has it; undefined while none answers. Is to be told every second or so. */
  see(head: bigint | undefined): void;
  /** A sentence once the catalogue has been below the chain at one block for five seconds. */
  readonly reason: string | undefined;
}

const STANDSTILL_MS = 5000;

export function createStandstill({ progress }: { progress: Pick<Progress, 'head'> }): Standstill {
  let behind: { at: bigint; since: number } | undefined;
  return {
    see: (head) => {
      const at = progress.head?.number ?? -1n;
      if (head === undefined || head <= at) behind = undefined;
      else if (behind?.at !== at) behind = { at, since: Date.now() };
    },
    get reason() {
      const at = progress.head?.number ?? -1n;
      if (behind === undefined || behind.at !== at || Date.now() - behind.since < STANDSTILL_MS) return undefined;
      return `The catalogue has stood still at block ${at} for more than 5 seconds, while the chain is higher: check the nodes and the log.`;
    },
  };
}
