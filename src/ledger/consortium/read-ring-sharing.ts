import { fromHex, type Hex } from '../ethereum/hex.js';
import { type ConsortiumAt, consortiumEvents, lower } from './consortium-events.js';

/** A ring, and who gets how much of it. */
export interface RingSharing {
  /** The site that has opened it. */
  siteId: number;
  /** 32 bytes. */
  commitment: Buffer;
  /** `studyKey` 0 is all of it. */
  shares: { toSite: number; studyKey: bigint }[];
}

/** The rings of that number, 16 bytes: it counts at each site for itself, so there may be several. In the order in which they were opened. */
export async function readRingSharing(at: ConsortiumAt, ringId: Hex): Promise<RingSharing[]> {
  const found = new Map<number, RingSharing>();
  const indexed = [undefined, `${ringId}${'00'.repeat(16)}`] as const;
  for (const { name, values } of await consortiumEvents(at, ['RingOpened', 'Shared'], { indexed })) {
    const siteId = Number(values.siteId);
    if (name === 'RingOpened') found.set(siteId, { siteId, commitment: fromHex(lower(values.commitment)), shares: [] });
    else found.get(siteId)?.shares.push({ toSite: Number(values.toSite), studyKey: values.studyKey as bigint });
  }
  return [...found.values()];
}
