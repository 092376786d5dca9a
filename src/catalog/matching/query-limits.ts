import { LedgerError } from '../../base/errors.js';
import type { MatchingKey } from '../query.js';
import { nameWords } from './fold-name.js';
import { isMomentKey, isTemporal } from './date-time-range.js';
import { hasWildcard, isUniversal } from './matching-keys.js';

const MAX_KEYS = 100;
const MAX_DEPTH = 8;
/** The longest value that a fixed limit is set for (LT, PS3.5 §6.2); SQLite takes patterns of 50,000 bytes. */
const MAX_VALUE_CHARACTERS = 10_240;
/** Each is a condition of its own; SQLite takes trees of conditions up to a depth of 1,000. */
const MAX_COMPARISONS = 100;
const MAX_NAME_GROUPS = 3;
const MAX_NAME_WORDS = 16;

type Key = Pick<MatchingKey, 'vr'> & { readonly path: readonly string[]; readonly values: readonly string[] };

/**
 * Throws `bad-request` for a search that no archive is asked in earnest and that would keep the catalogue busy: more than 100
 * keys, 8 levels of sequences, 10,240 characters of a value, 100 values that are compared one by one (names, dates and
 * wildcards), three groups of a name, or 16 words of one.
 */
export function requireQueryLimits({ match, fuzzy }: { match: readonly Key[]; fuzzy: boolean }): void {
  if (match.length > MAX_KEYS) refuse(`A search takes at most ${MAX_KEYS} keys, not ${match.length}; leave some out.`);
  for (const key of match) requireKey(key, fuzzy);
  const comparisons = match.reduce((sum, key) => sum + comparedAlone(key), 0);
  if (comparisons > MAX_COMPARISONS)
    refuse(
      `A search takes at most ${MAX_COMPARISONS} names, dates and values with wildcards, not ${comparisons}; ask in several.`,
    );
}

function requireKey({ path, vr, values }: Key, fuzzy: boolean): void {
  if (path.length > MAX_DEPTH)
    refuse(
      `The key ${path.join('.')} goes through more than ${MAX_DEPTH - 1} sequences; search at a higher level of it.`,
    );
  const name = path.join('.');
  for (const value of values) {
    if (value.length > MAX_VALUE_CHARACTERS)
      refuse(`A value of ${name} has ${value.length} characters; at most ${MAX_VALUE_CHARACTERS} are compared.`);
    if (isTemporal(vr) && !isUniversal({ values: [value] }) && !isMomentKey(vr, value))
      refuse(
        `${value.slice(0, 40)} is no date or time that ${name} could have; write it as 20240131 or 093000, or a range of two.`,
      );
    if (vr !== 'PN') continue;
    const groups = value.split('=');
    if (groups.length > MAX_NAME_GROUPS)
      refuse(`A name of ${name} has ${groups.length} groups; there are at most ${MAX_NAME_GROUPS} (PS3.5 §6.2.1).`);
    if (fuzzy && groups.some((group) => nameWords(group).length > MAX_NAME_WORDS))
      refuse(`A name of ${name} has more than ${MAX_NAME_WORDS} words; leave some out.`);
  }
}

function comparedAlone({ vr, values }: Key): number {
  return vr === 'PN' || isTemporal(vr) ? values.length : values.filter(hasWildcard).length;
}

function refuse(sentence: string): never {
  throw new LedgerError('bad-request', sentence);
}
