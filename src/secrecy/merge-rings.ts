import { timingSafeEqual } from 'node:crypto';
import { LedgerError } from '../base/errors.js';
import { atOnce, type Work } from '../base/in-turns.js';
import { createRingWriter, packedRing } from './packed-ring.js';
import { bitAt, comparePlaces, isAtOrBelow, type Place, sharedBits } from './place.js';
import { puncturing, type Ring } from './ring.js';
import { child, type Prefix, type TreeNode } from './tree.js';

/** So many entries are looked at between two turns of others, at most. */
const ENTRIES_IN_A_ROW = 256;

/**
 * The ring that derives what one of the two derives. All that was erased by now is taken out of what comes in first, so that no
 * old letter and no backup brings it back; `held` has it out already. Throws `conflict` when both derive one place and differ.
 */
export function mergeRings(held: Ring, incoming: Ring, options: { erased: Iterable<Prefix> }): Ring {
  return atOnce(mergingRings(held, incoming, options));
}

/** `mergeRings` as work that others can have turns in. */
export function* mergingRings(held: Ring, incoming: Ring, { erased }: { erased: Iterable<Prefix> }): Work<Ring> {
  const [one, other] = [packedRing(held), packedRing(yield* puncturing(incoming, erased))];
  const merged = createRingWriter(one.size + other.size);
  let upper: { place: Place; node: TreeNode; descent?: Descent } | undefined;
  for (let [i, j] = [0, 0]; i < one.size || j < other.size;) {
    if ((i + j) % ENTRIES_IN_A_ROW === 0) yield;
    const isOfOne = j >= other.size || (i < one.size && comparePlaces(one.placeAt(i), other.placeAt(j)) <= 0);
    const [ring, index] = isOfOne ? [one, i++] : [other, j++];
    const [place, node] = [ring.placeAt(index), ring.nodeAt(index)];
    // A place comes right before all that is below it.
    if (upper && isAtOrBelow(place, upper.place)) {
      const isThere = place.depth === upper.place.depth;
      const derived = isThere
        ? upper.node
        : yield* (upper.descent ??= createDescent(upper.place, upper.node)).to(place);
      requireSame(derived, node, place);
    } else {
      merged.add(place, node);
      upper = { place, node };
    }
  }
  return merged.ring();
}

/** The way down from a tree node to places below it, in their order: what two of them have in common is derived once. */
interface Descent {
  to(place: Place): Work<TreeNode>;
}

function createDescent(top: Place, topNode: TreeNode): Descent {
  /** The tree nodes on the way to `last`, from the top on. */
  const way = [topNode];
  let last = top;
  return {
    to: function* (place) {
      const common = Math.min(sharedBits(place, last), last.depth, place.depth);
      way.length = common - top.depth + 1;
      for (let depth = common; depth < place.depth; depth++) {
        way.push(child(way.at(-1)!, bitAt(place, depth)));
        yield;
      }
      last = place;
      return way.at(-1)!;
    },
  };
}

function requireSame(one: TreeNode, other: TreeNode, { depth }: Place): void {
  if (timingSafeEqual(one, other)) return;
  throw new LedgerError(
    'conflict',
    `Two rings have different keys for one place at depth ${depth}: one of them is not of this ring. Nothing was taken in.`,
  );
}
