/**
 * Choices that a seed repeats (mulberry32).
 * @param {number} seed a whole number
 */
export function seeded(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    /** From 0 to below 1. */
    next,
    /** A whole number, both ends included. */
    whole: (least, most) => least + Math.floor(next() * (most - least + 1)),
    pick: (list) => list[Math.floor(next() * list.length)],
    bytes: (count) => {
      const bytes = Buffer.alloc(count);
      for (let i = 0; i < count; i++) bytes[i] = next() * 256;
      return bytes;
    },
  };
}
