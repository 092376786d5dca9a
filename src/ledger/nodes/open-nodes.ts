import { setTimeout as sleep } from 'node:timers/promises';
import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { rpcMiddleware } from '../rpc/rpc-middleware.js';
import { isSameChain, readIdentity, requireOneChain, type ChainIdentity } from './chain-identity.js';
import { isNodeFailure } from './node-failure.js';
import type { Nodes } from './node.js';
import { rpcFailure, type LedgerProvider } from '../rpc/provider.js';
import type { Rpc } from '../rpc/rpc.js';
import { watchNodeHealth, type NodeTimeouts, type NodeHealth } from './node-health.js';
import { withTimeout } from '../../base/with-timeout.js';

export interface NodesOptions {
  /** In the order in which they should be asked. */
  providers: readonly { name: string; provider: LedgerProvider; close?: () => Promise<void> | void }[];
  /** Undefined waits for ever: for a chain in this process. */
  timeouts?: NodeTimeouts;
  log: Log;
}

export interface OpenNodes extends Nodes {
  /**
   * Asks all nodes who they are, for at most `timeoutMs`. Those that do not answer are asked last until they do, and are
   * checked then. Throws `unavailable` when none answers, `misconfigured` when they are of different chains.
   */
  meet(timeoutMs: number): Promise<void>;
}

/** A node so many blocks behind another is asked after it: it starts, or is cut off. */
const BEHIND_BLOCKS = 5n;
/** Nodes say "not found" of what they are about to have. */
const AGAIN_AFTER_MS = [50, 150, 450];

/** The nodes behind these providers, as one chain. `close` closes every provider that can be closed. */
export function openNodes({ providers, timeouts, log }: NodesOptions): OpenNodes {
  const isAlone = providers.length === 1;
  const healths = providers.map((one) => watchNodeHealth({ ...one, log }, { timeouts, isAlone }));
  const checking = new Set<NodeHealth>();
  let identity: ChainIdentity | undefined;

  function preferred(): readonly NodeHealth[] {
    for (const one of healths) if (one.isDue && !checking.has(one)) void check(one);
    const newest = healths.reduce((most, one) => {
      const number = one.isFailing ? -1n : (one.status.head?.number ?? -1n);
      return number > most ? number : most;
    }, -1n);
    const rank = (one: NodeHealth): number => {
      if (one.isForeign) return 4;
      if (one.isFailing) return 3;
      if (one.isDistrusted) return 2;
      if (one.isLacking) return 1;
      return (one.status.head?.number ?? newest) + BEHIND_BLOCKS < newest ? 1 : 0;
    };
    const ranked = healths.map((one) => ({ one, rank: rank(one) }));
    return ranked.sort((a, b) => a.rank - b.rank).map(({ one }) => one);
  }

  /** Asks a node that failed whether it is there again, so that no caller has to wait for it. */
  async function check(one: NodeHealth): Promise<void> {
    checking.add(one);
    try {
      if (one.mustBeChecked) accept(one, await readIdentity(one.hurried));
      await one.hurried.block('latest');
    } catch {
      // It stays where it is; its watch has noted it.
    } finally {
      checking.delete(one);
    }
  }

  function accept(one: NodeHealth, found: ChainIdentity): void {
    identity ??= found;
    one.mustBeChecked = false;
    one.isForeign = !isSameChain(found, identity);
    if (one.isForeign)
      log.error(
        { node: one.node.name },
        'The node belongs to another chain and is not used: take it out of LEDGER_URL',
      );
  }

  async function askAny<T>(method: keyof Rpc, ask: (rpc: Rpc) => Promise<T>): Promise<T> {
    const isPassing = (error: unknown): boolean => !isAnswer(method, error);
    return askAgain(() => askOnce(method, ask), isPassing).catch((error: unknown) => {
      throw isPassing(error) ? unavailable(names(), error) : error;
    });
  }

  async function askOnce<T>(method: keyof Rpc, ask: (rpc: Rpc) => Promise<T>): Promise<T> {
    const asked = preferred().filter(({ isForeign }) => !isForeign);
    // When all have failed, they are not waited for one after the other.
    if (asked.length > 1 && asked.every(({ isFailing }) => isFailing)) {
      return Promise.any(asked.map(({ hurried }) => ask(hurried))).catch(({ errors }: AggregateError) => {
        throw errors.find((error) => isAnswer(method, error)) ?? errors[0];
      });
    }
    let failure: unknown;
    for (const [i, { node, hurried, isFailing }] of asked.entries()) {
      try {
        return await ask(i < asked.length - 1 || isFailing ? hurried : node.rpc);
      } catch (error) {
        if (isAnswer(method, error)) throw error;
        if (failure === undefined || rpcFailure(failure) === undefined) failure = error;
      }
    }
    throw failure;
  }

  const names = (): string => healths.map(({ node }) => node.name).join(', ');

  return {
    all: healths.map(({ node }) => node),
    rpc: rpcMiddleware(askAny),
    preferred: () => preferred().map(({ node }) => node),
    distrust: (node, what) => {
      healths.find((one) => one.node === node)?.distrust();
      log.error({ node: node.name, what }, 'A node gave wrong bytes; they are fetched elsewhere and it is asked last');
    },
    status: () => healths.map(({ status }) => status),
    meet: async (timeoutMs) => {
      const late = (): Error => new Error(`no answer within ${timeoutMs} ms`);
      const answers = await Promise.allSettled(
        healths.map(async (one) => {
          const [found] = await withTimeout(
            askAgain(() => Promise.all([readIdentity(one.hurried), one.hurried.block('latest')]), isNodeFailure),
            timeoutMs,
            late,
          );
          return { name: one.node.name, identity: found };
        }),
      );
      const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
      requireOneChain(found);
      if (found.length === 0) throw unavailable(names(), (answers[0] as PromiseRejectedResult).reason);
      identity = found[0]!.identity;
      answers.forEach((answer, i) => {
        if (answer.status === 'fulfilled') return;
        healths[i]!.mustBeChecked = true;
        healths[i]!.blame(answer.reason);
      });
    },
    close: async () => {
      for (const { close } of providers) await close?.();
    },
  };
}

/** The contract's word, or the pool's on a transaction: no other node is asked. */
function isAnswer(method: keyof Rpc, error: unknown): boolean {
  return method === 'send' ? rpcFailure(error) !== undefined : !isNodeFailure(error);
}

/** Asks again a few times while the failure is passing and a node answers at all: only who answers is worth another question at once. */
async function askAgain<T>(ask: () => Promise<T>, isPassing: (error: unknown) => boolean): Promise<T> {
  for (const pauseMs of AGAIN_AFTER_MS) {
    try {
      return await ask();
    } catch (error) {
      if (rpcFailure(error) === undefined || !isPassing(error)) throw error;
      await sleep(pauseMs);
    }
  }
  return ask();
}

function unavailable(names: string, cause: unknown): LedgerError {
  const why = cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause);
  const message = `No node of the chain (${names}) gives an answer: ${why}. Check that one runs and can be reached.`;
  return new LedgerError('unavailable', message, { retryable: true, cause });
}
