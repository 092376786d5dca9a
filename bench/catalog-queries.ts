import type { MatchingKey, Query, QueryLevel } from '../src/catalog/query.js';

/** What a client asks first: a hundred matches, and whether there are more. */
export function firstPage(level: QueryLevel, match: MatchingKey[] = [], rest: Partial<Query> = {}): Query {
  return { level, match, include: [], fuzzy: false, limit: 101, offset: 0, ...rest };
}

export const key = (tag: string, vr: string, ...values: string[]): MatchingKey => ({ path: [tag], vr, values });
