import type { Hex } from '../ethereum/hex.js';
import type { RevertedImage } from '../ledger.js';

const KEPT = 20;

/** The images whose transactions blocks took without the effect they should have. */
export interface IneffectiveLog {
  readonly count: number;
  /** The newest first. */
  readonly newest: RevertedImage[];
  add(imageId: Hex, reason: string, resolution: RevertedImage['resolution']): void;
}

export function createIneffectiveLog(): IneffectiveLog {
  let count = 0;
  let newest: RevertedImage[] = [];
  return {
    get count() {
      return count;
    },
    get newest() {
      return [...newest];
    },
    add: (imageId, reason, resolution) => {
      count++;
      newest = [{ imageId, at: Date.now(), reason, resolution }, ...newest].slice(0, KEPT);
    },
  };
}
