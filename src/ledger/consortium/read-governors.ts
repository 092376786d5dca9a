import type { Hex } from '../ethereum/hex.js';
import { type ConsortiumAt, lower } from './consortium-events.js';
import { createConsortiumReader } from './consortium-reader.js';

/** A governor whose key is said to be lost. */
export interface Replacement {
  lost: Hex;
  successor: Hex;
  /** Block time in seconds: from then on it can be executed, unless a governor has objected. */
  executableFrom: number;
}

export async function readGovernors({ rpc, consortium }: ConsortiumAt): Promise<Hex[]> {
  const [governors] = await createConsortiumReader(rpc, consortium).read('getGovernors');
  return [...(governors as string[])].map(lower);
}

/** The replacements that are open. */
export async function readReplacements(at: ConsortiumAt): Promise<Replacement[]> {
  const reader = createConsortiumReader(at.rpc, at.consortium);
  const asked = await Promise.all(
    (await readGovernors(at)).map(async (lost) => {
      const [successor, executableFrom] = await reader.read('getReplacement', lost);
      return { lost, successor: lower(successor), executableFrom: Number(executableFrom) };
    }),
  );
  return asked.filter(({ executableFrom }) => executableFrom > 0);
}
