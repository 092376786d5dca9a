import type { Archive } from '../../archive/archive.js';
import { withOwn } from './with-own.js';

export interface RetirementWatch {
  /** RETIREMENTS_PER_HOUR. */
  perHour: number;
  /** Called for each image that is retired here beyond that, with how many it is in this hour. */
  onMany: (count: number) => void;
}

const HOUR_MS = 3_600_000;

/** The archive, with what is retired by this server counted by the hour: it has effect here at once, and is to be noticed all the same. */
export function watchRetirements(archive: Archive, { perHour, onMany }: RetirementWatch): Archive {
  let [hour, count] = [0, 0];
  return withOwn(archive, (target) => ({
    retire: async (SOPInstanceUID, reason) => {
      await target.retire(SOPInstanceUID, reason);
      const now = Math.floor(Date.now() / HOUR_MS);
      count = now === hour ? count + 1 : 1;
      hour = now;
      if (count > perHour) onMany(count);
    },
  }));
}
