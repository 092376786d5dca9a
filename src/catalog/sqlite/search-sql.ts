import { requireQueryLimits } from '../matching/query-limits.js';
import type { MatchingKey, Query, QueryLevel } from '../query.js';
import { ALWAYS, and, type Condition, exists, NEVER } from './condition.js';
import { keysCondition } from './keys-condition.js';
import { LEVEL_ORDER, LEVEL_SOURCES, ORDER_OF_ONE_SERIES, PATIENT_TAGS } from './level-sources.js';
import { hasWildcard, isUniversal } from '../matching/matching-keys.js';
import { isSaidByEach, saidCondition, sourceOfTag } from './said-condition.js';
import type { Sight } from './sight.js';
import { TAGS } from '../matching/tags.js';

/** At which levels a tag was ever announced. */
export type LevelsOf = (tag: string) => readonly QueryLevel[];

/** FROM, WHERE and ORDER BY of a search; the row's own id is `id`. */
export interface Search {
  id: string;
  from: Condition;
  where: Condition;
  order: string;
  /** The keys that each level is asked for. */
  keysOf: (level: QueryLevel) => MatchingKey[];
}

const INDEXED: string[] = [TAGS.StudyInstanceUID, TAGS.PatientID, TAGS.AccessionNumber];

/** Says how the query itself is encoded (PS3.4 §C.2.2.2), so it matches everything. */
const CHARACTER_SET = TAGS.SpecificCharacterSet;

/**
 * Turns a query into SQL. A key of a lower level matches when one and the same series, or instance, below the row has
 * all the keys of its level; a key that no object has matches nothing. Rows of studies that `sight` leaves out are in none.
 * Throws what `requireQueryLimits` throws.
 */
export function searchSql(query: Query, levelsOf: LevelsOf, sight: Sight): Search {
  requireQueryLimits(query);
  const byLevel = new Map<QueryLevel | undefined, MatchingKey[]>();
  for (const key of query.match) {
    if (isUniversal(key) || key.path[0] === CHARACTER_SET) continue;
    const level = levelOf(key, query.level, levelsOf);
    // What nothing has is empty everywhere.
    if (key.isEmpty && level === undefined) continue;
    byLevel.set(level, [...(byLevel.get(level) ?? []), key]);
  }
  const depth = LEVEL_ORDER.indexOf(query.level);
  const joined = LEVEL_ORDER.slice(depth === 0 ? 0 : 1, depth + 1);
  const isByUid = byLevel.get(query.level)?.some(({ path }) => path[0] === TAGS.SOPInstanceUID) ?? false;
  const isFoundByKey = isByUid || depth === 0 || query.StudyInstanceUID !== undefined || hasKey(byLevel.get('study'));
  const seen = isFoundByKey ? sight.study : sight.studyOfList;
  const at = (level: QueryLevel) => {
    const condition = levelCondition(query, level, byLevel.get(level) ?? []);
    if (level === 'study') return and([condition, seen]);
    return level === 'series' && joined.includes(level) ? and([condition, sight.series.isSeen]) : condition;
  };
  // Below what is searched, a study's own series count alone.
  const sourceOf = (level: QueryLevel) =>
    level === 'series' && joined.includes(level) ? sight.series : LEVEL_SOURCES[level];
  const orderOf = (level: QueryLevel): string =>
    level === 'series' && scopeOf(query, level) !== undefined ? ORDER_OF_ONE_SERIES : sourceOf(level).order;
  const tableOf = (level: QueryLevel): Condition =>
    level === 'patient' && sight.patients !== undefined
      ? { sql: `${sight.patients.sql} p`, values: sight.patients.values }
      : plain(LEVEL_SOURCES[level].table);
  const conditions = joined.map(at);
  if (depth > 0 && byLevel.has('patient'))
    conditions.push(exists(tableOf('patient'), and([plain(LEVEL_SOURCES.study.parent), at('patient')])));
  const below = belowCondition(LEVEL_ORDER.slice(depth + 1), at, (level) => byLevel.has(level));
  if (below) conditions.push(below);
  if (byLevel.has(undefined)) conditions.push(NEVER);

  return {
    id: `${aliasOf(query.level)}.id`,
    from: {
      sql: joined
        .map((level, index) => tableOf(level).sql + (index === 0 ? '' : ` ON ${sourceOf(level).parent}`))
        // CROSS JOIN keeps SQLite to this order, in which the indexes give the rows as they are to be sorted.
        .join(isByUid ? ' JOIN ' : ' CROSS JOIN '),
      values: joined.flatMap((level) => tableOf(level).values),
    },
    where: and(conditions),
    order: [
      ...orderBy(query, joined, levelsOf),
      ...joined
        .filter((level) => level !== 'study' || level === query.level || query.StudyInstanceUID === undefined)
        .map(orderOf),
    ].join(', '),
    keysOf: (level) => byLevel.get(level) ?? [],
  };
}

/** What an answer is ordered by; an attribute of no level that is joined orders nothing. */
function orderBy(query: Query, joined: readonly QueryLevel[], levelsOf: LevelsOf): string[] {
  return (query.orderBy ?? []).flatMap(({ tag, descending }) => {
    const level = levelOf({ path: [tag], vr: '', values: [] }, query.level, levelsOf);
    if (level === undefined || !joined.includes(level)) return [];
    const { columns, keys } = sourceOfTag(query.level, level, tag);
    const value = columns[tag] ?? `(${keys(tag)} ->> '$."${tag}"[0]')`;
    return [`${value} IS NULL`, `${value}${descending ? ' DESC' : ''}`];
  });
}

function levelCondition(query: Query, level: QueryLevel, keys: MatchingKey[]): Condition {
  const { availability, columns, visible } = LEVEL_SOURCES[level];
  const source =
    level === query.level && availability
      ? { ...LEVEL_SOURCES[level], columns: { ...columns, [TAGS.InstanceAvailability]: availability } }
      : LEVEL_SOURCES[level];
  const scope = scopeOf(query, level);
  const { fuzzy } = query;
  const asked = isSaidByEach(query.level, level)
    ? saidCondition({ level, source, keys, fuzzy })
    : keysCondition(source, keys, fuzzy);
  return and([plain(visible), scope ?? ALWAYS, asked]);
}

function scopeOf(query: Query, level: QueryLevel): Condition | undefined {
  if (level === 'study' && query.StudyInstanceUID !== undefined)
    return { sql: 's.StudyInstanceUID = ?', values: [query.StudyInstanceUID] };
  if (level === 'series' && query.SeriesInstanceUID !== undefined)
    return { sql: 'r.SeriesInstanceUID = ?', values: [query.SeriesInstanceUID] };
  return undefined;
}

/** Whether keys have one whose index finds a few studies. */
function hasKey(keys: readonly MatchingKey[] = []): boolean {
  return keys.some(({ path, values }) => INDEXED.includes(path[0] ?? '') && !values.some(hasWildcard));
}

/** A chain of EXISTS down to the lowest level that has a key. */
function belowCondition(
  levels: QueryLevel[],
  at: (level: QueryLevel) => Condition,
  hasKeys: (level: QueryLevel) => boolean,
): Condition | undefined {
  const [level, ...lower] = levels;
  if (!level || !levels.some(hasKeys)) return undefined;
  const inner = belowCondition(lower, at, hasKeys);
  return exists(
    plain(LEVEL_SOURCES[level].table),
    and([plain(LEVEL_SOURCES[level].parent), at(level), ...(inner ? [inner] : [])]),
  );
}

/** Undefined for an attribute that nothing has. */
function levelOf({ path }: MatchingKey, queried: QueryLevel, levelsOf: LevelsOf): QueryLevel | undefined {
  const tag = path[0] ?? '';
  if (tag === TAGS.InstanceAvailability && LEVEL_SOURCES[queried].availability) return queried;
  const own = LEVEL_SOURCES[queried];
  if (tag in own.columns || tag in own.lists) return queried;
  const computed = LEVEL_ORDER.slice(1).find(
    (level) => tag in LEVEL_SOURCES[level].columns || tag in LEVEL_SOURCES[level].lists,
  );
  const level = computed ?? levelsOf(tag)[0] ?? (tag in LEVEL_SOURCES.patient.columns ? 'patient' : undefined);
  return level === 'study' && queried === 'patient' && PATIENT_TAGS.has(tag) ? 'patient' : level;
}

const plain = (sql: string): Condition => ({ sql, values: [] });
const aliasOf = (level: QueryLevel): string => LEVEL_SOURCES[level].table.split(' ')[1] ?? '';
