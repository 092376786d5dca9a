import type { LedgerNode } from './node.js';
import { rpcFailure } from '../rpc/provider.js';
import type { Block } from '../rpc/rpc.js';

/** What one node said of late; times by the clock that the watch was given. */
export interface NodeState {
  /** Its newest block. */
  block: Block | undefined;
  /** False from a failure until the next answer. */
  hasAnswered: boolean;
  answeredAtMs: number;
  /** Since when it has said that it is connected to no other node; undefined where it does not tell. */
  aloneSinceMs: number | undefined;
}

export interface NodeWatch {
  readonly node: LedgerNode;
  readonly state: Readonly<NodeState>;
  /** Asks it, unless it still owes the answer to the last time. Resolves when it has answered or failed; never rejects. */
  look(): Promise<void>;
}

/** Watches one node: its newest block and, where it offers `net_peerCount`, its peers. Nothing else is asked of it. */
export function watchNode(node: LedgerNode, { nowMs }: { nowMs: () => number }): NodeWatch {
  const state: NodeState = { block: undefined, hasAnswered: true, answeredAtMs: nowMs(), aloneSinceMs: undefined };
  let tellsPeers = true;
  let asking: Promise<void> | undefined;

  async function askBlock(): Promise<void> {
    try {
      state.block = (await node.rpc.block('latest')) ?? state.block;
    } catch (error) {
      // A refusal is an answer: the node is there.
      state.hasAnswered = rpcFailure(error) !== undefined;
      if (!state.hasAnswered) return;
    }
    state.hasAnswered = true;
    state.answeredAtMs = nowMs();
  }

  async function askPeers(): Promise<void> {
    if (!tellsPeers) return;
    let isAlone = false;
    try {
      isAlone = Number(await node.provider.request({ method: 'net_peerCount', params: [] })) === 0;
    } catch (error) {
      tellsPeers = rpcFailure(error) === undefined;
    }
    state.aloneSinceMs = isAlone ? (state.aloneSinceMs ?? nowMs()) : undefined;
  }

  return {
    node,
    state,
    look: () =>
      (asking ??= Promise.all([askBlock(), askPeers()]).then(() => {
        asking = undefined;
      })),
  };
}
