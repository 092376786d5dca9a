import { inspect, isDeepStrictEqual } from 'node:util';

/** Where two values differ first, and what stands there. */
export function firstDifference(one: unknown, other: unknown, at = ''): string {
  const isOpen = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Buffer.isBuffer(value);
  if (isOpen(one) && isOpen(other))
    for (const key of new Set([...Object.keys(one), ...Object.keys(other)]))
      if (!isDeepStrictEqual(one[key], other[key])) return firstDifference(one[key], other[key], `${at}/${key}`);
  const shown = (value: unknown): string => inspect(value, { depth: 2, breakLength: Infinity }).slice(0, 500);
  return `${at}: ${shown(one)} and ${shown(other)}`;
}
