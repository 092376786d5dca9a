import { timingSafeEqual } from 'node:crypto';
import { LedgerError } from '../base/errors.js';
import { puncture, type Ring } from './ring.js';
import { type Prefix, type TreeNode, walk } from './tree.js';

/**
 * The ring that derives what one of the two derives. All that was erased by now is taken out of what comes in first, so that no
 * old letter and no backup brings it back; `held` has it out already. Throws `conflict` when both derive one place and differ.
 */
export function mergeRings(held: Ring, incoming: Ring, { erased }: { erased: Iterable<Prefix> }): Ring {
  // In the order of text a place comes right before all that is below it.
  const all = [...held, ...puncture(incoming, erased)].sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
  const merged = new Map<Prefix, TreeNode>();
  let last: readonly [Prefix, TreeNode] | undefined;
  for (const [place, node] of all) {
    if (last && place.startsWith(last[0])) {
      requireSame(walk(last[1], place.slice(last[0].length)), node, place);
    } else {
      merged.set(place, node);
      last = [place, node];
    }
  }
  return merged;
}

function requireSame(one: TreeNode, other: TreeNode, { length }: Prefix): void {
  if (timingSafeEqual(one, other)) return;
  throw new LedgerError(
    'conflict',
    `Two rings have different keys for one place at depth ${length}: one of them is not of this ring. Nothing was taken in.`,
  );
}
