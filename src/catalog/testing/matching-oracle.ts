import type { JsonElement } from '../../standard/dicom-json.js';
import type { MatchingKey } from '../query.js';

/**
 * PS3.4 §C.2.2.2 once more, on plain values and slowly: says whether an element matches a key. Shares nothing with the
 * catalogue, so that the two can be compared. `times` gives dates and times as [from, to] in microseconds.
 */
export function matches(element: JsonElement | undefined, { vr, values }: MatchingKey, fuzzy = false): boolean {
  const isUniversal = (value: string) =>
    (vr === 'PN' ? value.split('=').map(fold) : [value.trim()]).every((part) => part.replaceAll('*', '') === '');
  if (values.some(isUniversal)) return true;
  return (element?.Value ?? []).some((stored) => values.some((value) => matchesOne(vr, stored, value, fuzzy)));
}

function matchesOne(vr: string, stored: unknown, value: string, fuzzy: boolean): boolean {
  if (vr === 'PN') return matchesName(stored as Record<string, string>, value, fuzzy);
  if (vr === 'IS' || vr === 'DS') return Number(stored) === Number(value);
  if (vr === 'UI') return stored === value;
  if (vr === 'DA' || vr === 'TM') return matchesMoment(vr, String(stored), value);
  // Spaces in front of a long text count (PS3.5 §6.2).
  const trim = (text: string) => (vr === 'LT' ? text.trimEnd() : text.trim());
  return pattern(trim(value)).test(trim(String(stored)));
}

function pattern(value: string, one = '.'): RegExp {
  const source = [...value].map((character) => {
    if (character === '*') return '.*';
    if (character === '?') return one;
    return character.replace(/[\\^$.|+()[\]{}]/, '\\$&');
  });
  return new RegExp(`^${source.join('')}$`, 'su');
}

const plain: Record<string, string> = { ü: 'u', é: 'e', ß: 'ss', ø: 'o' };
const fold = (text: string) =>
  [...text.toLowerCase()]
    .map((letter) => plain[letter] ?? letter)
    .join('')
    .replace(/ *\^ */g, '^')
    .trim()
    .replace(/\^+$/, '');

function matchesName(stored: Record<string, string>, value: string, fuzzy: boolean): boolean {
  const groups = ['Alphabetic', 'Ideographic', 'Phonetic'].map((group) => fold(stored[group] ?? ''));
  const asked = value.split('=').map(fold);
  const isAny = (group: string | undefined) => !group?.replaceAll('*', '');
  const isMatch = (group: string, key: string) => {
    if (pattern(key).test(group)) return true;
    const words = key.split(/[ ^,=-]+/).map((word) => word.replace(/^\*+|\*+$/g, ''));
    const prefixes = words.filter((word) => word !== '');
    const named = ` ${group.replace(/[\^,-]/g, ' ')}`;
    return fuzzy && prefixes.length > 0 && prefixes.every((word) => pattern(`* ${word}*`, '[^ ]').test(named));
  };
  if (asked.slice(1).every(isAny)) {
    const [first = ''] = asked;
    return isAny(first) || groups.some((group) => group !== '' && isMatch(group, first));
  }
  return asked.every((key, index) => isAny(key) || isMatch(groups[index] ?? '', key));
}

/** First and last instant of a date (days) or time (microseconds), by its precision. */
function span(vr: 'DA' | 'TM', text: string): [number, number] {
  if (vr === 'DA') {
    const day = Number(text.replaceAll('.', ''));
    return [day, day];
  }
  const [whole = '', fraction = ''] = text.split('.');
  const unit = [0, 0, 3_600_000_000, 0, 60_000_000, 0, 1_000_000][whole.length] ?? NaN;
  const seconds =
    Number(whole.slice(0, 2)) * 3600 + Number(whole.slice(2, 4) || 0) * 60 + Number(whole.slice(4, 6) || 0);
  const from = seconds * 1_000_000 + Number(fraction.padEnd(6, '0'));
  return [from, from + (fraction === '' ? unit : 10 ** (6 - fraction.length)) - 1];
}

function matchesMoment(vr: 'DA' | 'TM', stored: string, value: string): boolean {
  const [at] = span(vr, stored);
  const [first = '', second] = value.split('-');
  const from = first === '' ? -Infinity : span(vr, first)[0];
  const end = second ?? first;
  const to = end === '' ? Infinity : span(vr, end)[1];
  return from <= at && at <= to;
}
