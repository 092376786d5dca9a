import type { Hex } from '../ethereum/hex.js';
import { type ConsortiumAt, consortiumEvents, lower } from './consortium-events.js';

/** What another site gets of a ring. */
export interface RingShare {
  toSite: number;
  /** 0: all that the ring opens. */
  studyKey: bigint;
  mayAdd: boolean;
}

/** A ring as the chain knows it: never a key. */
export interface OpenedRing {
  siteId: number;
  /** 16 bytes. */
  ringId: Hex;
  openedBy: Hex;
  shares: RingShare[];
}

/** All rings, or those of one site, in the order in which they were opened. */
export async function readRings(at: ConsortiumAt, siteId?: number): Promise<OpenedRing[]> {
  const first = siteId === undefined ? undefined : (`0x${siteId.toString(16).padStart(64, '0')}` as const);
  const rings = new Map<string, OpenedRing>();
  for (const { name, values } of await consortiumEvents(at, ['RingOpened', 'Shared'], first)) {
    const [owner, ringId] = [Number(values.siteId), lower(values.ringId)];
    const key = `${owner} ${ringId}`;
    if (name === 'RingOpened') rings.set(key, { siteId: owner, ringId, openedBy: lower(values.by), shares: [] });
    else rings.get(key)?.shares.push(...shareOf(values, rings.get(key)!));
  }
  return [...rings.values()];
}

/** Said again, a share changes in place. */
function shareOf(values: Record<string, unknown>, { shares }: OpenedRing): RingShare[] {
  const said = { toSite: Number(values.toSite), studyKey: values.studyKey as bigint, mayAdd: Boolean(values.mayAdd) };
  const known = shares.find(({ toSite, studyKey }) => toSite === said.toSite && studyKey === said.studyKey);
  if (known === undefined) return [said];
  known.mayAdd = said.mayAdd;
  return [];
}
