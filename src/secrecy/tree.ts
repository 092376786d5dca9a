import { LedgerError } from '../base/errors.js';
import { hmacSha256 } from './hmac-sha256.js';
import { labelled, u8 } from './labels.js';

/** So many steps lead from the root of a tree to a study: a study key has as many bits. */
export const PATH_BITS = 64;

/**
 * Where a tree node stands: the bits, '0' and '1', of the way from the root, most significant first. '' is the root, 64 bits are
 * a study. As text, so that what begins with a prefix is below it.
 */
export type Prefix = string;

/** 32 bytes at a place above the studies. It is used for its children, and for nothing else. */
export type TreeNode = Buffer;

declare const isStudy: unique symbol;
/** 32 bytes at depth 64. Keys are derived from it; it has no children. */
export type StudyNode = Buffer & { readonly [isStudy]: true };

const LEFT = labelled('tree', u8(0));
const RIGHT = labelled('tree', u8(1));

/** The tree node one step below (the pseudo-random function of Goldreich, Goldwasser and Micali, with HMAC as its generator). */
export function child(node: TreeNode, bit: string): TreeNode {
  return hmacSha256(node, bit === '0' ? LEFT : RIGHT);
}

/** The tree node at the end of the bits. */
export function walk(node: TreeNode, bits: Prefix): TreeNode {
  let at = node;
  for (const bit of bits) at = child(at, bit);
  return at;
}

/** The path of a study key from 0 to 2⁶⁴ - 1. Throws `internal` for another number. */
export function pathOf(studyKey: bigint): Prefix {
  if (studyKey !== BigInt.asUintN(PATH_BITS, studyKey))
    throw new LedgerError('internal', `Study key ${studyKey} is not an integer of ${PATH_BITS} bits.`);
  return studyKey.toString(2).padStart(PATH_BITS, '0');
}

/** The study key whose path it is; undefined for a place above the studies. */
export function studyKeyOf(place: Prefix): bigint | undefined {
  return place.length === PATH_BITS ? BigInt(`0b${place}`) : undefined;
}
