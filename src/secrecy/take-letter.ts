import { LedgerError } from '../base/errors.js';
import { atOnce, type Work } from '../base/in-turns.js';
import { type BodyOwner, bodyKeys } from './body-keys.js';
import { isCommitOf } from './cell.js';
import type { Letter } from './letter.js';
import { mergingRings } from './merge-rings.js';
import { createRingWriter, type PackedRing, packedRing } from './packed-ring.js';
import { placeOf } from './place.js';
import { puncturing, type Ring, studyNodeOf } from './ring.js';
import { ringCommitment } from './ring-commitment.js';
import { pathOf, type Prefix } from './tree.js';

/** What the chain says of the ring of a letter, as deep as it is final. */
export interface RingOnChain {
  /** The site that has opened the ring. */
  siteId: number;
  /** 32 bytes, since the ring was opened. */
  commitment: Buffer;
  /** The sites that it, or a study of it, is shared with. */
  sharedWith: readonly number[];
  /** What was erased of it: erasures that were executed, as prefixes. */
  erased: readonly Prefix[];
  /** Bodies that were announced under it; one for each study is enough. */
  bodies: readonly AnnouncedBody[];
}

/** A body, as far as it tells whether a study's node is the right one. */
export interface AnnouncedBody extends BodyOwner {
  studyKey: bigint;
  /** Its first 32 bytes. */
  commit: Buffer;
}

/**
 * What is held of a ring, with what a letter brings that is proven, once all that was erased is out of it. A root has to give the
 * ring's commitment; another tree node, the key commitment of a body below it. One without bodies is taken on the word of the
 * ring's own site, and left out from anybody else: it could bar the right one. Throws `forbidden` when the chain doesn't say that
 * both sites share the ring, `corrupt` for a tree node that is proven wrong, and `conflict` for one that contradicts what is held.
 */
export function takeLetter(held: Ring, letter: Letter, onChain: RingOnChain): Ring {
  return atOnce(takingLetter(held, letter, onChain));
}

/** `takeLetter` as work that others can have turns in. */
export function* takingLetter(held: Ring, { ring, ...letter }: Letter, onChain: RingOnChain): Work<Ring> {
  const readers = [onChain.siteId, ...onChain.sharedWith];
  for (const site of [letter.from, letter.to])
    if (!readers.includes(site))
      throw new LedgerError('forbidden', `A letter is of a ring that the chain does not share with site ${site}.`);

  const root = ring.get('');
  if (root && !ringCommitment(root, { ...letter, siteId: onChain.siteId }).equals(onChain.commitment))
    throw new LedgerError('corrupt', `A ring from site ${letter.from} does not give the commitment on the chain.`);
  const left = packedRing(yield* puncturing(ring, onChain.erased));
  const proofs = root ? new Map<number, boolean>() : yield* proofsOf(left, onChain.bodies);
  if ([...proofs.values()].includes(false))
    throw new LedgerError('corrupt', `A ring from site ${letter.from} does not open what was announced under it.`);
  const isOnItsWord = root !== undefined || letter.from === onChain.siteId;
  // All that was erased is out of it.
  return yield* mergingRings(held, isOnItsWord ? left : entriesOf(left, proofs.keys()), { erased: [] });
}

/** Of the tree nodes that have bodies below them, by index, whether one of those has the key commitment that follows from the node. */
function* proofsOf(ring: PackedRing, bodies: readonly AnnouncedBody[]): Work<Map<number, boolean>> {
  const proofs = new Map<number, boolean>();
  for (const body of bodies) {
    const index = ring.indexOver(placeOf(pathOf(body.studyKey)));
    if (index < 0 || proofs.get(index)) continue;
    const study = studyNodeOf(ring, body.studyKey)!;
    proofs.set(index, isCommitOf(bodyKeys(study, body), body.commit));
    yield;
  }
  return proofs;
}

function entriesOf(ring: PackedRing, indexes: Iterable<number>): Ring {
  const sorted = [...indexes].sort((one, other) => one - other);
  const writer = createRingWriter(sorted.length);
  for (const index of sorted) writer.add(ring.placeAt(index), ring.nodeAt(index));
  return writer.ring();
}
