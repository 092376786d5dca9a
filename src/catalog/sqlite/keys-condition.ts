import type { MatchingKey } from '../query.js';
import { ALWAYS, and, type Condition, exists, isBetween, or } from './condition.js';
import { rangeOf } from '../matching/date-time-range.js';
import { groupCondition, groupsCondition, keyGroups, valueCondition } from './value-condition.js';
import { isUniversal } from '../matching/matching-keys.js';
import { TAGS } from '../matching/tags.js';

/** SQL for one level of a search: where its attributes and those that are counted or joined come from. */
export interface Source {
  /** JSONB with the level's matching keys, of which it has that of the tag. */
  keys: (tag: string) => string;
  /** Attributes of one value with a column of their own. */
  columns: Record<string, string>;
  /** Attributes of several values: a query with the column `value`. */
  lists: Record<string, string>;
  /** The row's section, by which `patient_name` has its PatientName. */
  section?: string;
}

/** A date and the time that belongs to it (PS3.4 §C.2.2.2.5.4). */
const DATE_TIME_PAIRS = [
  [TAGS.StudyDate, TAGS.StudyTime],
  [TAGS.SeriesDate, TAGS.SeriesTime],
  [TAGS.AcquisitionDate, TAGS.AcquisitionTime],
  [TAGS.ContentDate, TAGS.ContentTime],
  [TAGS.PerformedProcedureStepStartDate, TAGS.PerformedProcedureStepStartTime],
] as const;

/** True where a row of `source` matches all keys. Two ranges of one date and time are one range of moments. */
export function keysCondition(source: Source, keys: MatchingKey[], fuzzy: boolean): Condition {
  const rest = new Set(keys.filter((key) => !isUniversal(key)));
  const conditions: Condition[] = [];
  for (const [date, time] of DATE_TIME_PAIRS) {
    const [dateKey, timeKey] = [date, time].map((tag) => [...rest].find((key) => key.path.join() === tag));
    const combined = dateKey && timeKey && momentCondition(source, dateKey, timeKey);
    if (!combined) continue;
    conditions.push(combined);
    rest.delete(dateKey);
    rest.delete(timeKey);
  }
  return and([...conditions, ...pathConditions(source, [...rest], fuzzy, 0)]);
}

function momentCondition({ keys }: Source, date: MatchingKey, time: MatchingKey): Condition | undefined {
  const [dates, times] = [soleRange(date, 'DA'), soleRange(time, 'TM')];
  if (!dates || !times) return undefined;
  const value = ({ path: [tag = ''] }: MatchingKey) => `(${keys(tag)} ->> '$."${tag}"[0]')`;
  const moment = `(${value(date)} || coalesce(${value(time)}, '000000.000000'))`;
  return isBetween(moment, {
    from: dates.from === undefined ? undefined : dates.from + (times.from ?? '000000.000000'),
    to: dates.to === undefined ? undefined : dates.to + (times.to ?? '235960.999999'),
  });
}

function soleRange({ vr, values }: MatchingKey, expected: 'DA' | 'TM') {
  return vr === expected && values.length === 1 && values[0] !== undefined ? rangeOf(expected, values[0]) : undefined;
}

/** One condition for each attribute; the keys inside one sequence hold for one and the same item (PS3.4 §C.2.2.2.6). */
function pathConditions(source: Source, keys: MatchingKey[], fuzzy: boolean, depth: number): Condition[] {
  const { own, sequences } = bySequence(keys);
  const conditions = own.map((key) => attributeCondition(source, key.path[0] ?? '', key, fuzzy));
  for (const [tag, inner] of sequences) {
    const { items, where } = itemCondition(source, { tag, inner, fuzzy, depth });
    conditions.push(exists(items, where));
  }
  return conditions;
}

/** The keys of attributes themselves, and those inside of each sequence with the rest of their paths. */
export function bySequence(keys: MatchingKey[]): { own: MatchingKey[]; sequences: Map<string, MatchingKey[]> } {
  const sequences = new Map<string, MatchingKey[]>();
  for (const key of keys) {
    const [tag = '', ...path] = key.path;
    if (path.length > 0) sequences.set(tag, [...(sequences.get(tag) ?? []), { ...key, path }]);
  }
  return { own: keys.filter(({ path }) => path.length === 1), sequences };
}

/** The items of a sequence, as rows of json_each named `item<depth>`, and which of them match. */
export function itemCondition(
  source: Source,
  { tag, inner, fuzzy, depth }: { tag: string; inner: MatchingKey[]; fuzzy: boolean; depth: number },
): { items: Condition; where: Condition } {
  const item = `item${depth}`;
  const within = { keys: () => `${item}.value`, columns: {}, lists: {} };
  return { items: valuesOf(source, tag, item), where: and(pathConditions(within, inner, fuzzy, depth + 1)) };
}

/** True where the attribute has no value, or is not there. */
function emptyCondition(source: Source, tag: string): Condition {
  const column = source.columns[tag];
  if (column !== undefined) return { sql: `${column} IS NULL`, values: [] };
  const list = source.lists[tag];
  const { sql, values } = list === undefined ? valuesOf(source, tag, 'v') : { sql: `(${list}) v`, values: [] };
  return { sql: `NOT EXISTS (SELECT 1 FROM ${sql} WHERE v.value IS NOT NULL)`, values };
}

function attributeCondition(source: Source, tag: string, key: MatchingKey, fuzzy: boolean): Condition {
  if (key.isEmpty) return emptyCondition(source, tag);
  const column = source.columns[tag];
  if (column !== undefined) return valueCondition(column, COUNTS.has(tag) ? integersOf(key) : key, fuzzy);
  const list = source.lists[tag];
  if (list !== undefined) return exists({ sql: `(${list}) v`, values: [] }, valueCondition('v.value', key, fuzzy));
  if (key.vr !== 'PN') return exists(valuesOf(source, tag, 'v'), valueCondition('v.value', key, fuzzy));
  return or(
    key.values.map((value) => {
      const groups = keyGroups(value);
      if (groups.length > 1) return exists(valuesOf(source, `${tag}=`, 'v'), groupsCondition('v.value', groups, fuzzy));
      const anyGroup = { ...key, values: groups };
      if (isUniversal(anyGroup)) return ALWAYS;
      if (source.section !== undefined && tag === TAGS.PatientName)
        return within(source.section, or(groups.map((group) => groupCondition('n.name', group, fuzzy, SOUND_OF_NAME))));
      return exists(valuesOf(source, tag, 'v'), valueCondition('v.value', anyGroup, fuzzy));
    }),
  );
}

/** Attributes whose columns are counts. */
const COUNTS = new Set<string>([
  TAGS.NumberOfPatientRelatedStudies,
  TAGS.NumberOfPatientRelatedSeries,
  TAGS.NumberOfPatientRelatedInstances,
  TAGS.NumberOfStudyRelatedSeries,
  TAGS.NumberOfStudyRelatedInstances,
  TAGS.NumberOfSeriesRelatedInstances,
]);

/** No count is anything else. */
const integersOf = (key: MatchingKey): MatchingKey => ({
  ...key,
  values: key.values.filter((value) => value.trim() !== '' && Number.isSafeInteger(Number(value))),
});

/** The sections in which a word sounds so, for a name `n`. */
const SOUND_OF_NAME = 'n.section_id IN (SELECT o.section_id FROM patient_sound o WHERE o.sound = ?)';

function within(section: string, { sql, values }: Condition): Condition {
  return { sql: `${section} IN (SELECT n.section_id FROM patient_name n WHERE ${sql})`, values };
}

function valuesOf({ keys }: Source, tag: string, alias: string): Condition {
  return { sql: `json_each(${keys(tag)}, ?) ${alias}`, values: [`$."${tag}"`] };
}
