import { setTimeout as sleep } from 'node:timers/promises';
import type { Alarm, LedgerHealth } from '../ledger.js';
import { watchNode, type NodeWatch } from './node-watch.js';
import type { Nodes, NodeStatus } from './node.js';
import { startStallDetector } from './stall-detector.js';

/** Where the health comes from besides the nodes' own answers; `sending` is asked at every turn. */
export interface HealthSources {
  nodes: Nodes;
  sending: () => Pick<LedgerHealth, 'outboxTransactions' | 'outboxBytes' | 'windowBytes' | 'reverted'> & {
    /** `not-taken`, `key-shared` and `outbox`. */
    alarms: Alarm[];
  };
  /** Sites that the contract has ever admitted. */
  siteCount: () => Promise<number>;
  /** Of the account that signs (`rationsLeft`). */
  rationsLeft: () => Promise<number>;
  /** Looks for transactions of the account that are not of this process, which `sending` then has an alarm for. */
  lookAtAccount: () => Promise<void>;
}

export interface HealthOptions {
  chainId: bigint;
  /** A chain with something to do may stand still for so long at least; 10 s unless given. */
  leastStallMs?: number;
  /** Nodes that have not answered after so long are not waited for. */
  patienceMs?: number;
  /** Milliseconds of a clock that never goes back. */
  nowMs?: () => number;
}

/** Answers `Ledger.health`. */
export type LedgerHealthWatch = (parameters?: { maxAgeMs?: number }) => Promise<LedgerHealth>;

/** So long no node has to answer before it counts as none: a restart, a long garbage collection. */
const SILENT_MS = 5_000;
/** A node that starts has no peers for a while. */
const ALONE_MS = 10_000;
/** Nodes disconnect from whoever sends them a block of more than 10 MiB. */
const LARGE_BLOCK_BYTES = 9_000_000;
/** What an account has to pay gas with changes slowly. */
const ASK_RATION_MS = 30_000;
/** The rest of it lasts for a quarter of an hour of full blocks. */
export const LOW_RATION = 1 / 4;
const seconds = (durationMs: number): number => Math.round(durationMs / 1000);

/** Watches nodes and sending, as often as it is asked and never more often than `maxAgeMs` says. */
export function watchLedgerHealth(sources: HealthSources, options: HealthOptions): LedgerHealthWatch {
  const { nodes, sending, siteCount, rationsLeft, lookAtAccount } = sources;
  const { chainId, leastStallMs = 10_000, patienceMs = 1_000, nowMs = () => performance.now() } = options;
  const watched = nodes.all.map((node) => watchNode(node, { nowMs }));
  const stall = startStallDetector({ leastMs: leastStallMs });
  const distrusted = watchTrust({ nowMs });
  let lookedAtMs = -Infinity;
  let looking: Promise<void> | undefined;
  let stalledMs: number | undefined;
  let hasOthers = watched.length > 1;
  let knowsPeriod = false;
  let rations = { left: Infinity, askedAtMs: -Infinity };

  const isReachable = ({ state }: NodeWatch): boolean => state.hasAnswered && nowMs() - state.answeredAtMs < SILENT_MS;

  /** That node which is furthest, of those that answer if there are any. */
  function furthest(): NodeWatch | undefined {
    const reachable = watched.filter(isReachable);
    const height = ({ state: { block } }: NodeWatch): bigint => block?.number ?? -1n;
    return (reachable.length > 0 ? reachable : watched).reduce<NodeWatch | undefined>(
      (best, watch) => (best === undefined || height(watch) > height(best) ? watch : best),
      undefined,
    );
  }

  async function look(): Promise<void> {
    const waiting = new AbortController();
    const given = sleep(patienceMs, undefined, { signal: waiting.signal }).catch(() => undefined);
    const asked = Promise.all(watched.map((watch) => watch.look())).then(learn);
    await Promise.race([asked, given]);
    waiting.abort();
    const head = watched.some(isReachable) ? furthest()?.state.block : undefined;
    stalledMs = stall.look({ atMs: nowMs(), head, isPending: sending().outboxTransactions > 0 });
    lookedAtMs = nowMs();
  }

  /** What is not known from looking on. */
  async function learn(): Promise<void> {
    const first = furthest();
    const head = first?.state.block;
    if (!knowsPeriod && first && head && head.number > 1n) {
      const parent = await first.node.rpc.block(head.number - 1n).catch(() => undefined);
      if (parent) stall.learn(parent, head);
      knowsPeriod = parent !== undefined;
    }
    if (!hasOthers && watched.some(({ state }) => state.aloneSinceMs !== undefined))
      hasOthers = (await siteCount().catch(() => 0)) > 1;
    if (head) await lookAtAccount().catch(() => undefined);
    if (nowMs() - rations.askedAtMs >= ASK_RATION_MS)
      rations = { left: await rationsLeft().catch(() => rations.left), askedAtMs: nowMs() };
  }

  function alarms(): Alarm[] {
    const found: (Alarm | undefined)[] = [
      noNode(),
      stalled(),
      noPeers(),
      largeBlock(),
      distrusted(nodes.status()),
      accountLow(),
      ...sending().alarms,
    ];
    return found.filter((alarm) => alarm !== undefined);
  }

  function noNode(): Alarm | undefined {
    const silence = Math.min(...watched.map(({ state }) => nowMs() - state.answeredAtMs));
    if (silence < SILENT_MS) return undefined;
    const sentence = `No node of the chain has answered for ${seconds(silence)} s: start the node, or correct LEDGER_URL.`;
    return { code: 'no-node', sentence, stopsStoring: true };
  }

  function stalled(): Alarm | undefined {
    const trouble = watched.map(({ node }) => node.provider.trouble).find((sentence) => sentence !== undefined);
    const stall =
      stalledMs === undefined
        ? undefined
        : `The chain has made no block for ${seconds(stalledMs)} s though transactions are pending: more than half of its sealing nodes have to run and reach each other.`;
    const sentence = trouble ?? stall;
    return sentence === undefined ? undefined : { code: 'chain-stalled', sentence, stopsStoring: true };
  }

  function noPeers(): Alarm | undefined {
    if (!hasOthers) return undefined;
    const alone = watched.filter(
      ({ state: { aloneSinceMs } }) => aloneSinceMs !== undefined && nowMs() - aloneSinceMs >= ALONE_MS,
    );
    if (alone.length === 0) return undefined;
    const names = alone.map(({ node }) => node.name).join(', ');
    const sentence = `${alone.length === 1 ? 'The node' : 'Each of the nodes'} ${names} is connected to no other node: check its network, its firewall and its list of peers.`;
    return { code: 'no-peers', sentence, stopsStoring: false };
  }

  function largeBlock(): Alarm | undefined {
    const block = furthest()?.state.block;
    if (!block?.byteCount || block.byteCount <= LARGE_BLOCK_BYTES) return undefined;
    const sentence = `Block ${block.number} has ${block.byteCount} bytes, and nodes disconnect at 10 MiB: lower the gas limit of the signers, and find the account that fills the blocks.`;
    return { code: 'large-block', sentence, stopsStoring: true };
  }

  function accountLow(): Alarm | undefined {
    if (rations.left >= LOW_RATION) return undefined;
    const minutes = Math.floor(60 * rations.left);
    const sentence = `The account of this site can pay for ${minutes} minutes of full blocks: see that the signers give fees back ("network status" at each), and let a governor give it more ("dicom-ledger site fund").`;
    return { code: 'account-low', sentence, stopsStoring: false };
  }

  return async ({ maxAgeMs = 1_000 } = {}) => {
    if (nowMs() - lookedAtMs >= maxAgeMs) {
      looking ??= look().finally(() => (looking = undefined));
      await looking;
    }
    const head = furthest()?.state.block;
    const status = nodes.status();
    return {
      ...sending(),
      reachable: watched.some(isReachable),
      chainId,
      head: head && { number: head.number, hash: head.hash },
      nodes: watched.map((watch, i) => {
        const { block } = watch.state;
        return {
          name: watch.node.name,
          reachable: isReachable(watch),
          head: block && { number: block.number, hash: block.hash },
          wrongAnswers: status[i]?.wrongAnswers ?? 0,
        };
      }),
      alarms: alarms(),
    };
  };
}

/** A lie is remembered for so long. */
const REMEMBER_MS = 3_600_000;

/** Raises `wrong-bytes` for nodes whose count of wrong answers has grown within the last hour. */
function watchTrust({ nowMs }: { nowMs: () => number }): (status: readonly NodeStatus[]) => Alarm | undefined {
  const seen = new Map<string, { count: number; grewAtMs: number }>();
  return (status) => {
    for (const { name, wrongAnswers } of status)
      if (wrongAnswers > (seen.get(name)?.count ?? 0)) seen.set(name, { count: wrongAnswers, grewAtMs: nowMs() });
    const wrong = [...seen].filter(([, { grewAtMs }]) => nowMs() - grewAtMs < REMEMBER_MS);
    if (wrong.length === 0) return undefined;
    const names = wrong.map(([name, { count }]) => `${name} (${count} times)`).join(', ');
    const sentence = `Bytes that are not those of their address came from ${names}: check the disk and the software of that node. They were not used.`;
    return { code: 'wrong-bytes', sentence, stopsStoring: false };
  };
}
