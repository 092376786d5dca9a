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
    'Readers: processes that answer searches and retrievals beside the one that owns the archive. Unset: two fewer than there are processors, eight at most, and none where CATALOG_URL is set. 0: all is answered by that one.',
  ),
} as const;

interface ReadersConfig {
  READERS: number | undefined;
  CATALOG_URL: string | undefined;
}

/** Readers open the file of the catalogue, which a site with a database has not. */
export const readingFaults = ({ READERS = 0, CATALOG_URL }: ReadersConfig): string[] =>
  READERS > 0 && CATALOG_URL !== undefined
    ? [`READERS="${READERS}" cannot be had with CATALOG_URL: set READERS=0, and start more servers`]
    : [];

/** Up to two processors the one process has enough of them, and more would take memory for nothing. */
export const readersOf = ({ READERS, CATALOG_URL }: ReadersConfig, processors: number): number =>
  READERS ?? (CATALOG_URL === undefined ? Math.max(0, Math.min(8, processors - 2)) : 0);
