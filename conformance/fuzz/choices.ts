import { type Random, seeded } from '../testing/seeded.js';

/** The choices of which one input is made. */
export interface Choices extends Random {
  /** True once in `times`. */
  once(times: number): boolean;
  /** A whole number from 0 to below `most` whose magnitude is as likely small as large. */
  magnitude(most: number): number;
}

/** The choices of one input: they follow from seed, door and number alone, so that any input can be made again by itself. */
export function choicesFor({ seed, door, number }: { seed: number; door: string; number: number }): Choices {
  let hash = 0x811c9dc5;
  for (const character of `${seed} ${door} ${number}`)
    hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193) >>> 0;
  const random = seeded(hash);
  return {
    ...random,
    once: (times) => random.next() * times < 1,
    magnitude: (most) => Math.floor(most ** random.next()) - 1,
  };
}
