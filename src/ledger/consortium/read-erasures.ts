import { type ConsortiumAt } from './consortium-events.js';
import { createConsortiumReader } from './consortium-reader.js';
import { ERASURE_STATES } from './refusal-sentences.js';

/** An order that studies be erased. */
export interface Erasure {
  orderId: number;
  siteId: number;
  state: (typeof ERASURE_STATES)[number];
  studyCount: number;
  /** Block times in seconds, 0 when that has not happened. */
  orderedAt: number;
  executableFrom: number;
  executedAt: number;
}

/** All orders, the newest first. */
export async function readErasures({ rpc, consortium }: ConsortiumAt): Promise<Erasure[]> {
  const reader = createConsortiumReader(rpc, consortium);
  const count = Number((await reader.read('erasureCount'))[0]);
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const orderId = count - i;
      const values = await reader.read('getErasure', orderId);
      const state = ERASURE_STATES[Number(values.state)] ?? 'unknown';
      return {
        ...{ orderId, state, siteId: Number(values.siteId), studyCount: Number(values.studyCount) },
        ...{ orderedAt: Number(values.orderedAt), executedAt: Number(values.executedAt) },
        executableFrom: Number(values.executableFrom),
      };
    }),
  );
}
