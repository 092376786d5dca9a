import type { BlockRef } from '../ethereum/block-ref.js';
import type { LedgerProvider } from '../rpc/provider.js';
import type { Rpc } from '../rpc/rpc.js';

/** One node of the chain: the embedded one, or one that listens at a URL. */
export interface LedgerNode {
  /** For people: `host:port` of its URL, or `embedded`. */
  readonly name: string;
  readonly provider: LedgerProvider;
  /** Asks this node alone. */
  readonly rpc: Rpc;
}

/** How a node did of late. */
export interface NodeStatus {
  name: string;
  /** Whether it answered when it was last asked. */
  reachable: boolean;
  /** Its newest block, as it said last. */
  head: BlockRef | undefined;
  /** How often it gave bytes that are not those of their address. */
  wrongAnswers: number;
}

/** The nodes that this site may ask, in the order in which they were configured. */
export interface Nodes {
  readonly all: readonly LedgerNode[];
  /**
   * Asks the best node, and the next when it cannot be reached, hangs, or fails by itself; a refusal by the contract is an
   * answer. Rejects with `unavailable` when no node answers.
   */
  readonly rpc: Rpc;
  /** All nodes, those first that should be asked first: those that hang, fail, or gave wrong bytes come last. */
  preferred(): readonly LedgerNode[];
  /** Counts a wrong answer, logs it, and asks this node last for a while. */
  distrust(node: LedgerNode, what: string): void;
  status(): NodeStatus[];
  close(): Promise<void>;
}
