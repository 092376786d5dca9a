import { faultNames } from './faults.mjs';
import { newUid, randomImage } from './random-image.mjs';
import { seeded } from './random.mjs';

/** Pixels of an image are together from 2 KB to 400 KB, small ones as often as large ones. */
const leastBytes = 2_048;
const mostBytes = 409_600;

/**
 * Everything that a round leaves to chance, chosen before it begins, so that its seed repeats it.
 * @returns {{seed: number, StudyInstanceUID: string, fault: {name: string, victim: number, atMs: number, lastsMs: number},
 *   stores: {site: number, atMs: number, images: ReturnType<typeof randomImage>[]}[]}}
 */
export function planRound({ seed, sites }) {
  const random = seeded(seed);
  const StudyInstanceUID = newUid();
  const image = () => {
    const byteCount = leastBytes * (mostBytes / leastBytes) ** random.next();
    return randomImage(random, { StudyInstanceUID, size: Math.round(Math.sqrt(byteCount / 2)) });
  };
  return {
    seed,
    StudyInstanceUID,
    fault: {
      name: random.pick(faultNames),
      victim: random.whole(0, sites - 1),
      atMs: random.whole(0, 2_500),
      lastsMs: random.whole(200, 3_000),
    },
    stores: Array.from({ length: random.whole(3, 6) }, () => ({
      site: random.whole(0, sites - 1),
      atMs: random.whole(0, 3_000),
      images: Array.from({ length: random.whole(1, 3) }, image),
    })),
  };
}
