import { LedgerError } from '../base/errors.js';
import { type BodyOwner, bodyKeys } from './body-keys.js';
import { isCommitOf } from './cell.js';
import type { Letter } from './letter.js';
import { mergeRings } from './merge-rings.js';
import { type Ring, studyNodeOf } from './ring.js';
import { ringCommitment } from './ring-commitment.js';
import type { Prefix, TreeNode } from './tree.js';

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
 * What is held of a ring, with what a letter brings that is proven. A root has to give the ring's commitment; another tree node,
 * the key commitment of a body below it. One without bodies is taken on the word of the ring's own site, and left out from
 * anybody else: it could bar the right one. Throws `forbidden` when the chain doesn't say that both sites share the ring,
 * `corrupt` for a tree node that is proven wrong, and `conflict` for one that contradicts what is held.
 */
export function takeLetter(held: Ring, { ring, ...letter }: Letter, onChain: RingOnChain): Ring {
  const readers = [onChain.siteId, ...onChain.sharedWith];
  for (const site of [letter.from, letter.to])
    if (!readers.includes(site))
      throw new LedgerError('forbidden', `A letter is of a ring that the chain does not share with site ${site}.`);

  const isOwn = letter.from === onChain.siteId;
  const commitment = (root: Buffer): Buffer => ringCommitment(root, { ...letter, siteId: onChain.siteId });
  const taken = [...ring].filter(([place, node]) => {
    const isRight =
      place === '' ? commitment(node).equals(onChain.commitment) : opensBodies([place, node], onChain.bodies);
    if (isRight === false)
      throw new LedgerError('corrupt', `A ring from site ${letter.from} does not open what the chain has of it.`);
    return isRight ?? isOwn;
  });
  return mergeRings(held, new Map(taken), { erased: onChain.erased });
}

/** Whether a tree node gives the key commitment of a body below it; undefined when there is none. */
function opensBodies(entry: [Prefix, TreeNode], bodies: readonly AnnouncedBody[]): boolean | undefined {
  const below = bodies.flatMap((body) => {
    const study = studyNodeOf(new Map([entry]), body.studyKey);
    return study ? [isCommitOf(bodyKeys(study, body), body.commit)] : [];
  });
  return below.length === 0 ? undefined : below.includes(true);
}
