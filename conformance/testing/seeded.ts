import { createNoise } from '../../src/demo/create-noise.js';

/** A source of choices that a seed repeats. */
export interface Random {
  /** From 0 to below 1. */
  next(): number;
  /** A whole number, both ends included. */
  whole(least: number, most: number): number;
  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T;
  bytes(count: number): Buffer;
}

/** The choices that follow from `seed`, a whole number (mulberry32). */
export function seeded(seed: number): Random {
  const next = createNoise(seed).uniform;
  return {
    next,
    whole: (least, most) => least + Math.floor(next() * (most - least + 1)),
    pick: <T>(list: readonly T[]) => list[Math.floor(next() * list.length)] as T,
    bytes: (count) => {
      const bytes = Buffer.alloc(count);
      for (let i = 0; i < count; i++) bytes[i] = next() * 256;
      return bytes;
    },
  };
}
