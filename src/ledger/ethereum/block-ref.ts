import type { Hex } from './hex.js';

/** A block by number and hash: the same number with another hash is a reorganisation. */
export interface BlockRef {
  number: bigint;
  hash: Hex;
}
