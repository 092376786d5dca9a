import { LedgerError } from '../base/errors.js';
import { exactly, KEY_BYTES } from './labels.js';
import { child, PATH_BITS, pathOf, type Prefix, type StudyNode, type TreeNode, walk } from './tree.js';

/** What is held of a tree: tree nodes by where they stand, none below another. What is below none of them can't be derived. */
export type Ring = ReadonlyMap<Prefix, TreeNode>;

/** The ring that can read everything: the root alone. The root is stored nowhere else. */
export function wholeRing(root: TreeNode): Ring {
  return new Map([['', exactly(KEY_BYTES, root)]]);
}

/** A study's node; undefined when it was erased, or never given. */
export function studyNodeOf(ring: Ring, studyKey: bigint): StudyNode | undefined {
  return nodeAt(ring, pathOf(studyKey)) as StudyNode | undefined;
}

/** The tree node at a place, derived from the one at or above it; undefined when there is none. */
export function nodeAt(ring: Ring, place: Prefix): TreeNode | undefined {
  for (let depth = 0; depth <= place.length; depth++) {
    const node = ring.get(place.slice(0, depth));
    if (node) return walk(node, place.slice(depth));
  }
  return undefined;
}

/**
 * The ring without what is at the prefixes, below them, or would lead to them: each tree node above one is replaced by the
 * siblings along the way. The order of prefixes does not matter, nor whether one was taken out before.
 */
export function puncture(ring: Ring, prefixes: Iterable<Prefix>): Ring {
  const left = new Map(ring);
  for (const prefix of prefixes) {
    requirePrefix(prefix);
    for (let depth = 0; depth < prefix.length; depth++) replaceByChildren(left, prefix.slice(0, depth));
    removeAtAndBelow(left, prefix);
  }
  return left;
}

/** The part of a ring at and below a prefix: what is handed on when one study is shared. Empty when there is nothing. */
export function grant(ring: Ring, prefix: Prefix): Ring {
  requirePrefix(prefix);
  const node = nodeAt(ring, prefix);
  if (node) return new Map([[prefix, node]]);
  return new Map([...ring].filter(([place]) => place.startsWith(prefix)));
}

function replaceByChildren(ring: Map<Prefix, TreeNode>, place: Prefix): void {
  const node = ring.get(place);
  if (!node) return;
  ring.delete(place);
  for (const bit of ['0', '1']) ring.set(place + bit, child(node, bit));
}

function removeAtAndBelow(ring: Map<Prefix, TreeNode>, prefix: Prefix): void {
  ring.delete(prefix);
  // Below a study there is nothing, and a ring may have hundreds of thousands of places.
  if (prefix.length === PATH_BITS) return;
  for (const place of ring.keys()) if (place.startsWith(prefix)) ring.delete(place);
}

function requirePrefix(prefix: Prefix): void {
  if (!/^[01]{0,64}$/.test(prefix))
    throw new LedgerError(
      'internal',
      `A prefix has at most ${PATH_BITS} bits; this one has ${prefix.length} characters.`,
    );
}
