import { type ConsortiumAt, consortiumEvents } from './consortium-events.js';

/** The study keys of a site whose erasure was executed. */
export async function readErasedStudies(at: ConsortiumAt, siteId: number): Promise<bigint[]> {
  const ordered = new Map<bigint, readonly bigint[]>();
  const erased: bigint[] = [];
  for (const { name, values } of await consortiumEvents(at, ['ErasureOrdered', 'ErasureExecuted'])) {
    if (Number(values.siteId) !== siteId) continue;
    const orderId = values.orderId as bigint;
    if (name === 'ErasureOrdered') ordered.set(orderId, [...(values.studyKeys as bigint[])]);
    else erased.push(...(ordered.get(orderId) ?? []));
  }
  return erased;
}
