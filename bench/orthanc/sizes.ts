/** How much is measured. */
export interface Sizes {
  /** Of the MR series, and of the series of small CT slices. */
  slices: number;
  slicesOfLong: number;
  /** Studies of one image, besides. */
  studies: number;
  /** Runs of each row with each server. */
  pairs: number;
  /** Of one run of what is repeated. */
  seconds: number;
  /** Of the large catalogue that both have. */
  instances: number;
  /** Of the larger one in ours alone; 0 for none. */
  instancesAlone: number;
  /** For filling Orthanc with as many. */
  fillMinutes: number;
  /** Objects that one run stores. */
  stowMr: number;
  stowChest: number;
  load: { viewers: number; modalities: number; minutes: number; aloneSeconds: number };
}

export const FULL: Sizes = {
  slices: 192,
  slicesOfLong: 1_000,
  studies: 60,
  pairs: 5,
  seconds: 2,
  instances: 100_000,
  instancesAlone: 1_000_000,
  fillMinutes: 15,
  stowMr: 96,
  stowChest: 16,
  load: { viewers: 50, modalities: 10, minutes: 3, aloneSeconds: 20 },
};

/** Each row's code once. */
export const SMALL: Sizes = {
  slices: 8,
  slicesOfLong: 12,
  studies: 3,
  pairs: 1,
  seconds: 0.05,
  instances: 200,
  instancesAlone: 400,
  fillMinutes: 1,
  stowMr: 4,
  stowChest: 2,
  load: { viewers: 4, modalities: 2, minutes: 0.01, aloneSeconds: 0.5 },
};
