import type { FoundInstance } from '../../archive/archive.js';

const STARTED_S = Math.floor(Date.now() / 1000);

/**
 * When a representation of an instance became what it is, in seconds since 1970: stored bytes when they were sealed on the chain; what is
 * made of them can be another thing with each release, and is not older than this process. What holds more than one
 * instance has no date, because none would tell that an instance was retired from it.
 */
export function lastModified(
  { sealedAt, announcedAt }: Pick<FoundInstance, 'sealedAt' | 'announcedAt'>,
  { isStored }: { isStored: boolean },
): number | undefined {
  const stored = sealedAt ?? announcedAt;
  if (stored === undefined) return undefined;
  // Blocks of a chain may be dated ahead, and an answer may not (RFC 9110 §8.8.2.1).
  return Math.min(isStored ? stored : Math.max(stored, STARTED_S), Math.floor(Date.now() / 1000));
}

/** When the newest of several instances was stored, in seconds since 1970; what was retired from among them does not tell. */
export function newestOf(found: readonly FoundInstance[]): number | undefined {
  const dates = found.flatMap((instance) => lastModified(instance, { isStored: true }) ?? []);
  return dates.length === 0 ? undefined : dates.reduce((newest, date) => Math.max(newest, date));
}

/** Whether a date of a header lies before a time in seconds since 1970; one that is no HTTP date (RFC 9110 §5.6.7) is no condition. */
export function datedBefore(date: string, seconds: number): boolean {
  return date.endsWith(' GMT') && Date.parse(date) < seconds * 1000;
}
