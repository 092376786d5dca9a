/** Pseudo-random numbers that are the same in each run. */
export interface Noise {
  /** At least 0 and below 1. */
  readonly uniform: () => number;
  /** Mean 0, standard deviation 1, never beyond 3.5: the sum of four uniform ones. */
  readonly normal: () => number;
}

/** Mulberry32: 32 bits of state are plenty for grain in a picture. */
export function createNoise(seed: number): Noise {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    uniform,
    normal: () => (uniform() + uniform() + uniform() + uniform() - 2) * Math.sqrt(3),
  };
}

/** Soft random hills between -1 and 1 with a width of about one, anywhere on a plane: value noise. */
export function createHills(seed: number): (x: number, y: number) => number {
  const SIDE = 64;
  const noise = createNoise(seed);
  const heights = Float32Array.from({ length: SIDE * SIDE }, () => 2 * noise.uniform() - 1);
  const at = (x: number, y: number): number => heights[(y & (SIDE - 1)) * SIDE + (x & (SIDE - 1))]!;
  const eased = (part: number): number => part * part * (3 - 2 * part);
  return (x, y) => {
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const [across, down] = [eased(x - left), eased(y - top)];
    const above = at(left, top) + (at(left + 1, top) - at(left, top)) * across;
    const below = at(left, top + 1) + (at(left + 1, top + 1) - at(left, top + 1)) * across;
    return above + (below - above) * down;
  };
}
