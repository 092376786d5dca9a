import type { MatchingKey } from '../query.js';
import { and, type Condition, hasWord, isAnyOf, isBetween, isLike, or } from './condition.js';
import { foldName, nameWords, WORD_SEPARATORS } from '../matching/fold-name.js';
import { comparable, hasWildcard, isUniversal } from '../matching/matching-keys.js';
import { intervalOf, isTemporal, rangeOf, type TemporalVr } from '../matching/date-time-range.js';

/** Value representations that take `*` and `?` (PS3.4 §C.2.2.2.4); PN too, but that is compared on its own. */
const WILDCARD_VRS = new Set(['AE', 'CS', 'LO', 'LT', 'SH', 'ST', 'UC', 'UR', 'UT']);

/** True where the SQL expression, one value as `matchingKeys` makes them, matches any value of the key. */
export function valueCondition(expression: string, { vr, values }: MatchingKey, fuzzy: boolean): Condition {
  if (vr === 'PN') return or(values.map((value) => groupCondition(expression, foldName(value), fuzzy)));
  if (isTemporal(vr)) return or(values.map((value) => temporalCondition(expression, vr, value)));
  const patterns = WILDCARD_VRS.has(vr) ? values.filter(hasWildcard) : [];
  const literals = values.filter((value) => !patterns.includes(value)).map((value) => comparable(vr, value));
  const conditions = patterns.map((pattern) => isLike(expression, String(comparable(vr, pattern))));
  if (literals.length > 0) conditions.push(isAnyOf(expression, literals));
  return or(conditions);
}

function temporalCondition(expression: string, vr: TemporalVr, value: string): Condition {
  const range = rangeOf(vr, value);
  if (range) return isBetween(expression, range);
  const interval = intervalOf(vr, value);
  return interval.from === interval.to ? isAnyOf(expression, [interval.from]) : isBetween(expression, interval);
}

/** One component group of a name: literally, or when `fuzzy` also if each word of the key begins a word of the name. */
function groupCondition(expression: string, group: string, fuzzy: boolean): Condition {
  const literal = hasWildcard(group) ? isLike(expression, group) : isAnyOf(expression, [group]);
  const words = fuzzy ? nameWords(group) : [];
  if (words.length === 0) return literal;
  const spaced = WORD_SEPARATORS.reduce((text, separator) => `replace(${text}, '${separator}', ' ')`, expression);
  return or([literal, and(words.map((word) => hasWord(spaced, word)))]);
}

/** The component groups that a name key asks for, by position (PS3.5 §6.2.1), without universal ones at the end. */
export function keyGroups(value: string): string[] {
  const groups = value.split('=').map(foldName);
  while (groups.length > 1 && isUniversal({ values: groups.slice(-1) })) groups.pop();
  return groups;
}

/** True where the SQL expression, a JSON list of groups, matches the groups of the key; an empty one is universal. */
export function groupsCondition(expression: string, groups: string[], fuzzy: boolean): Condition {
  return and(
    groups.flatMap((group, index) =>
      isUniversal({ values: [group] }) ? [] : [groupCondition(`(${expression} ->> ${index})`, group, fuzzy)],
    ),
  );
}
