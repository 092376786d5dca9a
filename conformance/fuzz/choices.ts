import { seeded } from '../faults/random.mjs';

/** The choices of one input: they follow from seed, door and number alone, so that any input can be made again by itself. */
export function choicesFor({ seed, door, number }) {
  let hash = 0x811c9dc5;
  for (const character of `${seed} ${door} ${number}`)
    hash = Math.imul(hash ^ character.codePointAt(0), 0x01000193) >>> 0;
  const random = seeded(hash);
  return {
    ...random,
    /** True once in `times`. */
    once: (times) => random.next() * times < 1,
    /** A whole number whose magnitude is as likely small as large. */
    magnitude: (most) => Math.floor(most ** random.next()) - 1,
  };
}
