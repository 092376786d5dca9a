import type { Hex } from '../ethereum/hex.js';
import type { RevertedImage } from '../ledger.js';

const KEPT = 20;

/** The images whose transactions blocks took without the effect they should have. */
export interface IneffectiveLog {
  readonly count: number;
  /** The newest first. */
  readonly newest: RevertedImage[];
  add(imageKey: Hex, reason: string, resolution: RevertedImage['resolution']): void;
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
    add: (imageKey, reason, resolution) => {
      count++;
      newest = [{ imageKey, at: Date.now(), reason, resolution }, ...newest].slice(0, KEPT);
    },
  };
}
