import { integer, setting } from './base/setting.js';

const GiB = 2 ** 30;

/** The settings of what reads. */
export const READING_SETTINGS = {
  CACHE_BYTES: setting(
    integer(0, 2 ** 50),
    String(2 * GiB),
    'bytes',
    'Bound of the cache on disk; 0 keeps nothing, in memory neither.',
  ),
  READERS: setting(
    integer(0, 64),
    undefined,
    'processes',
    'Processes that answer searches and retrievals beside the one that owns the archive; unset: two fewer than there are processors, eight at most. 0: all is answered by that one.',
  ),
} as const;

/** Up to two processors the one process has enough of them, and more would take memory for nothing. */
export const readersOf = (setting: number | undefined, processors: number): number =>
  setting ?? Math.max(0, Math.min(8, processors - 2));
