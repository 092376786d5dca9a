import { isDeepStrictEqual } from 'node:util';
import { LedgerError } from '../../base/errors.js';
import type { Rpc } from '../rpc/rpc.js';
import type { Nodes } from './node.js';

/**
 * What two nodes say alike, so that none of them alone can tell a lie. As far as two can be asked: what only one node answers is believed.
 * Rejects with `unavailable` when no two agree, and as `ask` does when nobody answers.
 */
export async function askTwoNodes<T>(nodes: Nodes, ask: (rpc: Rpc) => Promise<T>): Promise<T> {
  const status = nodes.status();
  const reachable = nodes.all.filter((_, i) => status[i]!.reachable);
  if (reachable.length < 2) return ask(nodes.rpc);
  const answers: T[] = [];
  const agreed = await new Promise<{ answer: T } | undefined>((resolve) => {
    const asking = reachable.map(async ({ rpc }) => {
      const answer = await ask(rpc);
      // Whoever hangs is not waited for once two have said the same.
      if (answers.some((other) => isDeepStrictEqual(other, answer))) resolve({ answer });
      answers.push(answer);
    });
    void Promise.allSettled(asking).then(() => resolve(undefined));
  });
  if (agreed) return agreed.answer;
  if (answers.length === 0) return ask(nodes.rpc);
  if (answers.length === 1) return answers[0]!;
  const names = reachable.map(({ name }) => name).join(', ');
  throw new LedgerError(
    'unavailable',
    `The nodes ${names} say different things of the consortium: one of them may be behind; if that lasts, one of them is wrong.`,
    { retryable: true },
  );
}
