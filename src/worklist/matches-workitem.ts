import { foldName, nameGroups, nameWords } from '../catalog/matching/fold-name.js';
import { intervalOf, isTemporal, rangeOf } from '../catalog/matching/date-time-range.js';
import { soundex } from '../catalog/matching/soundex.js';
import type { DicomJson, JsonElement } from '../standard/dicom-json.js';

const PATIENT_NAME = '00100010';

/** One key of a search (PS3.4 §C.2.2.2); any of its values may match. */
export interface WorkitemKey {
  /** Tags, the outermost first. */
  path: readonly string[];
  vr: string;
  values: readonly string[];
  /** Asks for what has no value at all (PS3.4 §C.2.2.2.7); `values` is empty. */
  isEmpty?: boolean;
}

/**
 * Whether a data set has what every key asks for. Of a sequence one item has to match all keys that lead into it. When `fuzzy`, names are
 * found by the beginning of their words, too, and those of patients by words that sound alike.
 */
export function matchesWorkitem(
  dataSet: DicomJson,
  keys: readonly WorkitemKey[],
  { fuzzy = false }: { fuzzy?: boolean } = {},
): boolean {
  const here = keys.filter(({ path }) => path.length === 1);
  if (!here.every((key) => matchesElement(dataSet[key.path[0]!], key, fuzzy))) return false;
  const sequences = new Set(keys.filter(({ path }) => path.length > 1).map(({ path }) => path[0]!));
  return [...sequences].every((tag) => {
    const inner = keys.filter(({ path }) => path.length > 1 && path[0] === tag);
    const rest = inner.map((key) => ({ ...key, path: key.path.slice(1) }));
    const items = (dataSet[tag]?.Value ?? []) as DicomJson[];
    return rest.every(isUniversal) || items.some((item) => matchesWorkitem(item, rest, { fuzzy }));
  });
}

const isUniversal = ({ values, isEmpty }: WorkitemKey): boolean =>
  isEmpty !== true && (values.length === 0 || values.some((value) => /^\**$/.test(value.trim())));

function matchesElement(element: JsonElement | undefined, key: WorkitemKey, fuzzy: boolean): boolean {
  if (isUniversal(key)) return true;
  const values = (element?.Value ?? []).filter((value) => value !== null && value !== '');
  if (key.isEmpty === true) return values.length === 0 && element?.InlineBinary === undefined;
  return key.values.some((wanted) =>
    values.some(
      (value) =>
        matchesValue(value, { vr: key.vr, wanted: wanted.trim() }) ||
        (fuzzy && key.vr === 'PN' && soundsLike(value, { wanted, bySound: key.path[0] === PATIENT_NAME })),
    ),
  );
}

/** Whether each word that is wanted begins a word of the name in one of its groups, or sounds like one. */
function soundsLike(value: unknown, { wanted, bySound }: { wanted: string; bySound: boolean }): boolean {
  const words = nameWords(foldName(wanted));
  if (words.length === 0) return false;
  return nameGroups(value).some((group) => {
    const own = nameWords(group);
    return words.every((word) => {
      const code = bySound ? soundex(word) : undefined;
      return own.some((one) => matchesText(one, `${word}*`) || (code !== undefined && soundex(one) === code));
    });
  });
}

function matchesValue(value: unknown, { vr, wanted }: { vr: string; wanted: string }): boolean {
  if (vr === 'PN') {
    const groups = nameGroups(value).filter((group) => group !== '');
    return groups.some((group) => matchesText(group, foldName(wanted)));
  }
  if (typeof value !== 'string' && typeof value !== 'number') return false;
  const text = String(value).trim();
  if (isTemporal(vr)) {
    const range = rangeOf(vr, wanted);
    const own = intervalOf(vr, text);
    if (range !== undefined)
      return (range.from === undefined || own.to >= range.from) && (range.to === undefined || own.from <= range.to);
    const asked = intervalOf(vr, wanted);
    return own.from >= asked.from && own.from <= asked.to;
  }
  if (typeof value === 'number') return Number(wanted) === value;
  return matchesText(text, vr === 'UI' ? wanted.replace(/[*?]/g, '') : wanted);
}

/** With `*` and `?` (PS3.4 §C.2.2.2.4), in time that grows with the two lengths. */
function matchesText(text: string, pattern: string): boolean {
  let [at, next, star, mark] = [0, 0, -1, 0];
  while (at < text.length) {
    if (pattern[next] === '*') {
      star = next++;
      mark = at;
    } else if (next < pattern.length && (pattern[next] === '?' || pattern[next] === text[at])) {
      at++;
      next++;
    } else if (star >= 0) {
      next = star + 1;
      at = ++mark;
    } else return false;
  }
  while (pattern[next] === '*') next++;
  return next === pattern.length;
}
