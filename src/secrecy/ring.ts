import { atOnce, type Work } from '../base/in-turns.js';
import { LedgerError } from '../base/errors.js';
import { createRingWriter, type NodesByPlace, PackedRing, packedRing, type RingWriter } from './packed-ring.js';
import { bitAt, childPlace, comparePlaces, isAtOrBelow, type Place, placeOf, prefixOf } from './place.js';
import { child, PATH_BITS, pathOf, type Prefix, type StudyNode, type TreeNode, walk } from './tree.js';

/** What is held of a tree: tree nodes by where they stand, none below another. What is below none of them can't be derived. */
export type Ring = NodesByPlace;

/** So many entries are looked at between two turns of others, at most. */
const ENTRIES_IN_A_ROW = 512;

const PLACES_OF_RUN = 4096;

/** The ring that has nothing. */
export const NO_RING: Ring = new PackedRing(Buffer.alloc(0));

/** The ring that can read everything: the root alone. The root is stored nowhere else. */
export function wholeRing(root: TreeNode): Ring {
  return packedRing(new Map([['', root]]));
}

/** A study's node; undefined when it was erased, or never given. */
export function studyNodeOf(ring: Ring, studyKey: bigint): StudyNode | undefined {
  return nodeAt(ring, pathOf(studyKey)) as StudyNode | undefined;
}

/** The tree node at a place, derived from the one at or above it; undefined when there is none. */
export function nodeAt(ring: Ring, place: Prefix): TreeNode | undefined {
  const packed = packedRing(ring);
  const index = packed.indexOver(placeOf(place));
  return index < 0 ? undefined : walk(packed.nodeAt(index), place.slice(packed.placeAt(index).depth));
}

/** Where the tree node of the ring stands that is at or above a place. */
export function placeOver(ring: Ring, place: Prefix): Prefix | undefined {
  const packed = packedRing(ring);
  const index = packed.indexOver(placeOf(place));
  return index < 0 ? undefined : prefixOf(packed.placeAt(index));
}

/**
 * The ring without what is at the prefixes, below them, or would lead to them: each tree node above one is replaced by the
 * siblings along the way. The order of prefixes does not matter, nor whether one was taken out before.
 */
export function puncture(ring: Ring, prefixes: Iterable<Prefix>): Ring {
  return atOnce(puncturing(ring, prefixes));
}

/** `puncture` as work that others can have turns in. */
export function* puncturing(ring: Ring, prefixes: Iterable<Prefix>): Work<Ring> {
  const packed = packedRing(ring);
  const holes = yield* holesOf(prefixes);
  if (holes.length === 0) return packed;
  const left = createRingWriter(packed.size);
  let hole = 0;
  for (let index = 0; index < packed.size; index++) {
    if (index % ENTRIES_IN_A_ROW === 0) yield;
    const place = packed.placeAt(index);
    while (hole < holes.length && comparePlaces(holes[hole]!, place) < 0 && !isAtOrBelow(place, holes[hole]!)) hole++;
    const next = holes[hole];
    if (next && isAtOrBelow(place, next)) continue;
    const from = hole;
    while (hole < holes.length && isAtOrBelow(holes[hole]!, place)) hole++;
    if (hole === from) left.add(place, packed.nodeAt(index));
    else yield* keepSiblings(left, { place, node: packed.nodeAt(index) }, holes.slice(from, hole));
  }
  return left.ring();
}

/** Adds what is left of a tree node when the holes below it, in order, are taken out: the largest parts without any. */
function* keepSiblings(
  left: RingWriter,
  { place, node }: { place: Place; node: TreeNode },
  holes: readonly Place[],
): Work<void> {
  yield;
  const middle = holes.findIndex((hole) => bitAt(hole, place.depth) === '1');
  const split = middle < 0 ? holes.length : middle;
  for (const [bit, within] of [
    ['0', holes.slice(0, split)],
    ['1', holes.slice(split)],
  ] as const) {
    const below = childPlace(place, bit);
    if (within.length === 0) left.add(below, child(node, bit));
    else if (within[0]!.depth > below.depth)
      yield* keepSiblings(left, { place: below, node: child(node, bit) }, within);
  }
}

/** Prefixes in the order of places, without those below others. */
function* holesOf(prefixes: Iterable<Prefix>): Work<Place[]> {
  const holes: Place[] = [];
  let isSorted = true;
  for (const prefix of prefixes) {
    requirePrefix(prefix);
    const hole = placeOf(prefix);
    const last = holes.at(-1);
    if (last && comparePlaces(last, hole) > 0) isSorted = false;
    holes.push(hole);
    if (holes.length % ENTRIES_IN_A_ROW === 0) yield;
  }
  const inOrder = isSorted ? holes : yield* sorted(holes);
  let upper: Place | undefined;
  return inOrder.filter((hole) => {
    if (upper && isAtOrBelow(hole, upper)) return false;
    upper = hole;
    return true;
  });
}

/** By runs, so that others have turns between them: a year's erasures are many. */
function* sorted(places: readonly Place[]): Work<Place[]> {
  let runs: Place[][] = [];
  for (let at = 0; at < places.length; at += PLACES_OF_RUN) {
    runs.push(places.slice(at, at + PLACES_OF_RUN).sort(comparePlaces));
    yield;
  }
  while (runs.length > 1) {
    const longer: Place[][] = [];
    for (let at = 0; at < runs.length; at += 2) longer.push(yield* mergedRun(runs[at]!, runs[at + 1] ?? []));
    runs = longer;
  }
  return runs[0]!;
}

function* mergedRun(one: readonly Place[], other: readonly Place[]): Work<Place[]> {
  const merged: Place[] = [];
  for (let [i, j] = [0, 0]; i < one.length || j < other.length;) {
    if (merged.length % PLACES_OF_RUN === 0) yield;
    const isOfOne = j >= other.length || (i < one.length && comparePlaces(one[i]!, other[j]!) <= 0);
    merged.push(isOfOne ? one[i++]! : other[j++]!);
  }
  return merged;
}

/** The part of a ring at and below a prefix: what is handed on when one study is shared. Empty when there is nothing. */
export function grant(ring: Ring, prefix: Prefix): Ring {
  requirePrefix(prefix);
  const node = nodeAt(ring, prefix);
  if (node) return packedRing(new Map([[prefix, node]]));
  return packedRing(new Map([...ring].filter(([place]) => place.startsWith(prefix))));
}

function requirePrefix(prefix: Prefix): void {
  if (!/^[01]{0,64}$/.test(prefix))
    throw new LedgerError(
      'internal',
      `A prefix has at most ${PATH_BITS} bits; this one has ${prefix.length} characters.`,
    );
}
