import { inTurns } from '../base/in-turns.js';
import { mergingRings } from '../secrecy/merge-rings.js';
import { packedRing } from '../secrecy/packed-ring.js';
import { NO_RING, puncturing, type Ring } from '../secrecy/ring.js';
import type { HeldRing } from '../secrecy/rings-file.js';
import type { Prefix } from '../secrecy/tree.js';
import type { RingName, RingSummary } from './keyring.js';

/** Rings by `nameOf`. */
export type HeldRings = ReadonlyMap<string, HeldRing>;

/** A ring as text; in the order of text, sites are in that of their numbers. */
export function nameOf({ siteId, ringId }: RingName): string {
  return `${String(siteId).padStart(10, '0')} ${ringId.toString('hex')}`;
}

export function ringsByName(rings: Iterable<HeldRing>): HeldRings {
  return new Map([...rings].map((ring) => [nameOf(ring), ring]));
}

/** By site and ring, without their keys. */
export function summariesOf(rings: Iterable<HeldRing>): RingSummary[] {
  const held = ringsByName(rings);
  return [...held.keys()].sort().map((name) => {
    const { siteId, ringId, ring } = held.get(name)!;
    return { siteId, ringId, isWhole: ring.has(''), treeNodes: ring.size };
  });
}

/** With these rings in place of those of their names. */
export function withRings(held: HeldRings, rings: readonly HeldRing[]): HeldRings {
  return new Map([...held, ...ringsByName(rings)]);
}

/** The ring as it is when `incoming` was taken in (`mergeRings`), in turns with others; undefined when that adds nothing. */
export async function mergedRing(
  held: HeldRings,
  { siteId, ringId, ring: incoming }: HeldRing,
  options: { erased: Iterable<Prefix> },
): Promise<HeldRing | undefined> {
  const before = held.get(nameOf({ siteId, ringId }))?.ring ?? NO_RING;
  const ring = await inTurns(mergingRings(before, incoming, options));
  return haveSamePlaces(before, ring) ? undefined : { siteId, ringId: Buffer.from(ringId), ring };
}

/** Those rings of a site, or that one, from which the prefixes take something, as they are then; in turns with others. */
export async function puncturedRings(
  held: HeldRings,
  { siteId, ringId }: { siteId: number; ringId?: Buffer },
  prefixes: readonly Prefix[],
): Promise<HeldRing[]> {
  const punctured: HeldRing[] = [];
  for (const one of held.values()) {
    if (one.siteId !== siteId || (ringId && !one.ringId.equals(ringId))) continue;
    const ring = await inTurns(puncturing(one.ring, prefixes));
    if (!haveSamePlaces(one.ring, ring)) punctured.push({ ...one, ring });
  }
  return punctured;
}

/** Of two rings of one tree; what is at one place is the same. */
function haveSamePlaces(one: Ring, other: Ring): boolean {
  return packedRing(one).entries.equals(packedRing(other).entries);
}
