import type { Alarm } from '../ledger.js';
import type { NodeStatus } from './node.js';

/** A lie is remembered for so long. */
const rememberMs = 3_600_000;

/** Raises `wrong-bytes` for nodes whose count of wrong answers has grown within the last hour. */
export function watchTrust({ nowMs }: { nowMs: () => number }): (status: readonly NodeStatus[]) => Alarm | undefined {
  const seen = new Map<string, { count: number; grewAtMs: number }>();
  return (status) => {
    for (const { name, wrongAnswers } of status)
      if (wrongAnswers > (seen.get(name)?.count ?? 0)) seen.set(name, { count: wrongAnswers, grewAtMs: nowMs() });
    const liars = [...seen].filter(([, { grewAtMs }]) => nowMs() - grewAtMs < rememberMs);
    if (liars.length === 0) return undefined;
    const names = liars.map(([name, { count }]) => `${name} (${count} times)`).join(', ');
    const sentence = `Bytes that are not those of their address came from ${names}: check the disk and the software of that node. They were not used.`;
    return { code: 'wrong-bytes', sentence, stopsStoring: false };
  };
}
