import { seeded } from '../testing/seeded.js';
import { FAULT_NAMES, type FaultName } from './faults.js';
import { type FaultImage, newUid, patientOf, randomImage } from './random-image.js';

/** Pixels of an image are together from 2 KB to 400 KB, small ones as often as large ones. */
const MIN_PIXEL_BYTES = 2_048;
const MAX_PIXEL_BYTES = 409_600;

/** What happens in a round; moments are milliseconds from its beginning. */
export interface RoundPlan {
  seed: number;
  StudyInstanceUID: string;
  /** `victim` is the index of a site. */
  fault: { name: FaultName; victim: number; atMs: number; lastsMs: number };
  /** Requests, each to the site of that index. */
  stores: { site: number; atMs: number; images: FaultImage[] }[];
}

/** Everything that a round leaves to chance, chosen before it begins, so that its seed repeats it. */
export function planRound({ seed, sites }: { seed: number; sites: number }): RoundPlan {
  const random = seeded(seed);
  const StudyInstanceUID = newUid();
  /** Each site stores into a study of its own: what two sites store under one UID are two studies. */
  const imageOf = (site: number): FaultImage => {
    const byteCount = MIN_PIXEL_BYTES * (MAX_PIXEL_BYTES / MIN_PIXEL_BYTES) ** random.next();
    const study = { StudyInstanceUID: `${StudyInstanceUID}.${site + 1}`, PatientID: patientOf(StudyInstanceUID) };
    return randomImage(random, { ...study, size: Math.round(Math.sqrt(byteCount / 2)) });
  };
  return {
    seed,
    StudyInstanceUID,
    fault: {
      name: random.pick(FAULT_NAMES),
      victim: random.whole(0, sites - 1),
      atMs: random.whole(0, 2_500),
      lastsMs: random.whole(200, 3_000),
    },
    stores: Array.from({ length: random.whole(3, 6) }, () => {
      const site = random.whole(0, sites - 1);
      const atMs = random.whole(0, 3_000);
      return { site, atMs, images: Array.from({ length: random.whole(1, 3) }, () => imageOf(site)) };
    }),
  };
}
