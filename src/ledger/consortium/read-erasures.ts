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
      const [siteId, studyCount, orderedAt, executableFrom, executedAt] = [
        ...[values.siteId, values.studyCount, values.orderedAt, values.executableFrom, values.executedAt],
      ].map(Number) as [number, number, number, number, number];
      const state = ERASURE_STATES[Number(values.state)] ?? 'unknown';
      return { orderId, siteId, state, studyCount, orderedAt, executableFrom, executedAt };
    }),
  );
}

/** How many studies a site can still order today (UTC). */
export async function studiesLeftToday({ rpc, consortium }: ConsortiumAt, siteId: number): Promise<number> {
  return Number((await createConsortiumReader(rpc, consortium).read('studiesLeftToday', siteId))[0]);
}
