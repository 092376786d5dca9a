import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { rpcMiddleware } from '../rpc/rpc-middleware.js';
import type { BlockRef } from '../ethereum/block-ref.js';
import { isNodeFailure } from './node-failure.js';
import type { LedgerNode, NodeStatus } from './node.js';
import { rpcFailure } from '../rpc/provider.js';
import { createRpc, type Rpc } from '../rpc/rpc.js';
import { withTimeout } from '../../base/with-timeout.js';

/** How long a call of its kind may take before the next node is asked; three times as long where there is no other. */
export interface NodeTimeouts {
  smallMs: number;
  /** Code, events, transactions. */
  bulkMs: number;
}

/** A node as it does: what it said last, and whether to ask it. */
export interface NodeHealth {
  readonly node: LedgerNode;
  /** From a failure, or from a start without it, until it answers again. */
  readonly isFailing: boolean;
  /** It said a moment ago that it lacks what another may have. */
  readonly isLacking: boolean;
  /** It gave wrong bytes not long ago. */
  readonly isDistrusted: boolean;
  /** It failed so long ago that it may be asked again. */
  readonly isDue: boolean;
  /** It is of another chain: its answers mean nothing. */
  isForeign: boolean;
  /** It has to be seen to be of the same chain before it is trusted again. */
  mustBeChecked: boolean;
  readonly status: NodeStatus;
  /** Its calls with the shorter timeouts: there is another node to ask. */
  readonly hurried: Rpc;
  /** It did not answer to the one who asks. */
  blame(error: unknown): void;
  /** It gave wrong bytes. */
  distrust(): void;
}

const BACK_OFF_MS = { first: 500, most: 30_000 };
const LACKING_MS = 500;
const DISTRUST_MS = { first: 60_000, most: 3_600_000 };
const BULK = new Set<keyof Rpc>(['codes', 'chunks', 'codeAt', 'logs', 'send']);

/** Watches every call to a node; `isAlone` when there is no other to ask. */
export function watchNodeHealth(
  { name, provider, log }: Pick<LedgerNode, 'name' | 'provider'> & { log: Log },
  { timeouts, isAlone }: { timeouts: NodeTimeouts | undefined; isAlone: boolean },
): NodeHealth {
  let failures = 0;
  let failedAtMs = -Infinity;
  let lackingUntilMs = -Infinity;
  let distrustedUntilMs = -Infinity;
  let wrongAnswers = 0;
  let head: BlockRef | undefined;
  /** Rejects the reads that wait for a node which was found to hang. */
  let giveUp: ((error: Error) => void)[] = [];
  const now = (): number => performance.now();
  const waitMs = (): number => Math.min(BACK_OFF_MS.first * 2 ** (failures - 1), BACK_OFF_MS.most);

  function answered(sinceMs: number): void {
    // What was asked before it failed says nothing of it now.
    if (failures === 0 || sinceMs < failedAtMs || health.mustBeChecked) return;
    failures = 0;
    log.info({ node: name }, 'The node answers again');
  }

  function failed(error: unknown, sinceMs: number): void {
    // Calls that were under way together fail together, and count as one.
    if (failures > 0 && sinceMs < failedAtMs) return;
    failures++;
    failedAtMs = now();
    if (failures === 1) log.warn({ node: name, err: error }, 'The node fails; others are asked first');
    if (isAlone) return;
    const waiting = giveUp;
    giveUp = [];
    waiting.forEach((reject) => reject(error as Error));
  }

  const late = (method: string, timeoutMs: number) => (): LedgerError =>
    new LedgerError('unavailable', `The chain's node ${name} has not answered ${method} for ${timeoutMs} ms.`, {
      retryable: true,
    });

  async function watch<T>(method: keyof Rpc, asking: Promise<T>, timeoutMs: number | undefined): Promise<T> {
    const sinceMs = now();
    let forget = (): void => undefined;
    const givenUp = new Promise<never>((_, reject) => {
      // A transaction that was sent is on its way: only its own answer says how it was taken.
      if (method !== 'send') giveUp.push(reject);
      forget = () => (giveUp = giveUp.filter((one) => one !== reject));
    });
    try {
      const answer = await withTimeout(Promise.race([asking, givenUp]), timeoutMs, late(method, timeoutMs ?? 0));
      answered(sinceMs);
      return answer;
    } catch (error) {
      if (rpcFailure(error) === undefined) failed(error, sinceMs);
      else {
        answered(sinceMs);
        if (method !== 'send' && isNodeFailure(error)) lackingUntilMs = now() + LACKING_MS;
      }
      throw error;
    } finally {
      forget();
    }
  }

  const plain = createRpc(provider);
  function watched(factor: number): Rpc {
    const timeoutMs = (method: keyof Rpc): number | undefined =>
      timeouts && factor * (BULK.has(method) ? timeouts.bulkMs : timeouts.smallMs);
    const rpc = rpcMiddleware((method, ask) => watch(method, ask(plain), timeoutMs(method)));
    return {
      ...rpc,
      block: async (at) => {
        const block = await rpc.block(at);
        if (at === 'latest' && block) head = { number: block.number, hash: block.hash };
        return block;
      },
    };
  }

  const health: NodeHealth = {
    node: { name, provider, rpc: watched(3) },
    hurried: watched(isAlone ? 3 : 1),
    isForeign: false,
    mustBeChecked: false,
    get isFailing() {
      return failures > 0;
    },
    get isLacking() {
      return now() < lackingUntilMs;
    },
    get isDistrusted() {
      return now() < distrustedUntilMs;
    },
    get isDue() {
      return failures > 0 && now() - failedAtMs >= waitMs();
    },
    get status() {
      return { name, reachable: failures === 0 && !health.isForeign, head, wrongAnswers };
    },
    blame: (error) => failed(error, now()),
    distrust: () => {
      distrustedUntilMs = now() + Math.min(DISTRUST_MS.first * 2 ** wrongAnswers, DISTRUST_MS.most);
      wrongAnswers++;
    },
  };
  return health;
}
