import type { DicomJson, JsonElement } from '../../standard/dicom-json.js';
import type { MatchingKey } from '../query.js';
import { nameGroups } from './fold-name.js';
import { intervalOf, isTemporal } from './date-time-range.js';

/** Compared as numbers: `1`, `01` and `1.0` are equal. */
const NUMERIC = new Set(['DS', 'FD', 'FL', 'IS', 'SL', 'SS', 'SV', 'UL', 'US', 'UV']);
/** Leading spaces are significant (PS3.5 §6.2). */
const LEADING_SPACES = new Set(['LT', 'ST', 'UC', 'UT']);

/** Whether the text has a wildcard (PS3.4 §C.2.2.2.4). */
export const hasWildcard = (text: string): boolean => /[*?]/.test(text);

/** Universal matching (PS3.4 §C.2.2.2.3): an empty key, or nothing but `*`. */
export function isUniversal({ values }: Pick<MatchingKey, 'values'>): boolean {
  return values.length === 0 || values.some((value) => /^\**$/.test(value.trim()));
}

/** A value in the form in which stored values and keys are compared; the start of what a date or time covers. */
export function comparable(vr: string, value: string | number): string | number {
  const text = String(value);
  if (isTemporal(vr)) return intervalOf(vr, text).from;
  if (NUMERIC.has(vr)) {
    const number = Number(text);
    return text.trim() === '' || !Number.isFinite(number) ? text.trim() : number;
  }
  return LEADING_SPACES.has(vr) ? text.trimEnd() : text.trim();
}

/** Tag → values to compare with, items for a sequence. `<tag>=` has the groups of each name that has more than one. */
export type MatchingKeys = Record<string, unknown[]>;

/** What the keys of a search are compared with. */
export function matchingKeys(attributes: DicomJson): MatchingKeys {
  const keys: MatchingKeys = {};
  for (const [tag, element] of Object.entries(attributes)) {
    if (!element.Value?.length) continue;
    if (element.vr === 'PN') addNames(keys, tag, element);
    else keys[tag] = element.Value.flatMap((value) => comparableValue(element.vr, value));
  }
  return keys;
}

function addNames(keys: MatchingKeys, tag: string, { Value = [] }: JsonElement): void {
  const names = Value.map(nameGroups);
  keys[tag] = names.flat().filter((group) => group !== '');
  const several = names.filter((groups) => groups.slice(1).some((group) => group !== ''));
  if (several.length > 0) keys[`${tag}=`] = several;
}

function comparableValue(vr: string, value: unknown): unknown[] {
  if (vr === 'SQ') return [matchingKeys((value ?? {}) as DicomJson)];
  if (typeof value !== 'string' && typeof value !== 'number') return [];
  const key = comparable(vr, value);
  return key === '' ? [] : [key];
}
