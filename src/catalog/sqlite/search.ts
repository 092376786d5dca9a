import type { Query, QueryLevel, QueryResult } from '../catalog.js';
import type { Connection } from './database.js';
import { LEVEL_ORDER } from './level-sources.js';
import { prepareMatchingItems } from './matching-items.js';
import { type LevelsOf, searchSql } from './search-sql.js';
import { prepareRows } from './rows.js';
import { ascending, select, type ReturnKeys, returnKeysOf } from '../matching/return-keys.js';
import type { DicomJson } from '../../standard/dicom-json.js';

const UID_TAGS: Partial<Record<QueryLevel, string>> = { study: '0020000D', series: '0020000E', instance: '00080018' };
const PATIENT_COUNTS = ['00201200', '00201202', '00201204'];
const MODALITY = '00080060';

/** Prepares searches on an open catalogue. */
export function prepareSearch(db: Connection, levelsOf: LevelsOf): (query: Query) => QueryResult {
  const rows = prepareRows(db);
  return (query) => {
    const { id, from, where, order, keysOf } = searchSql(query, levelsOf);
    const page = db
      .prepare(`SELECT ${id} AS id FROM ${from} WHERE ${where.sql} ORDER BY ${order} LIMIT ? OFFSET ?`)
      .all(...where.values, query.limit, query.offset) as { id: number }[];
    const end = query.offset + page.length;
    const isLast = page.length < query.limit && (page.length > 0 || query.offset === 0);
    const total = isLast ? end : count(db, from, where);
    const { level } = query;
    const selections = selectionsOf(query);
    const reader = rows.reader();
    const matching = new Map(
      query.match.some(({ path }) => path.length > 1)
        ? LEVEL_ORDER.map((at) => [at, prepareMatchingItems(db, { level: at, keys: keysOf(at), fuzzy: query.fuzzy })])
        : [],
    );
    const read: Reader = (at, rowId) => {
      const row = reader(at, rowId);
      return { ...row, attributes: matching.get(at)?.(rowId, row.attributes) ?? row.attributes };
    };
    return {
      matches: page.map((row) => toMatch({ level, id: row.id, selections, read })),
      remaining: Math.max(0, total - end),
    };
  };
}

type Selections = [QueryLevel, ReturnKeys][];

/** From the searched level upwards; the patient only where its counts are asked for. */
function selectionsOf(query: Query): Selections {
  return LEVEL_ORDER.slice(0, LEVEL_ORDER.indexOf(query.level) + 1)
    .reverse()
    .map((level): [QueryLevel, ReturnKeys] => [level, returnKeysOf(query, level)])
    .filter(
      ([level, { tags }]) =>
        level !== 'patient' || query.level === level || PATIENT_COUNTS.some((tag) => tags.has(tag)),
    );
}

function count(db: Connection, from: string, where: { sql: string; values: unknown[] }): number {
  const row = db.prepare(`SELECT count(*) AS total FROM ${from} WHERE ${where.sql}`).get(...where.values);
  return (row as { total: number }).total;
}

type Reader = ReturnType<ReturnType<typeof prepareRows>['reader']>;

function toMatch({
  level,
  id,
  selections,
  read,
}: {
  level: QueryLevel;
  id: number;
  selections: Selections;
  read: Reader;
}): DicomJson {
  const match: DicomJson = {};
  let rowId: number | undefined = id;
  for (const [at, selection] of selections) {
    if (rowId === undefined) break;
    const { attributes, modalities, parentId } = read(at, rowId);
    const { '00080056': availability, ...known } = attributes;
    const isOwn = at === level;
    // What the lower level says stands: a study's patient attributes are those of its own first instance.
    Object.assign(match, { ...select(isOwn ? known : aboveOf(at, known), selection), ...match });
    const uid = UID_TAGS[at];
    if (uid && known[uid]) match[uid] = known[uid];
    if (isOwn && availability) match['00080056'] = availability;
    if (isOwn && at === 'study' && modalities.length === 1 && selection.tags.has(MODALITY))
      match[MODALITY] = { vr: 'CS', Value: modalities };
    rowId = parentId;
  }
  match['00080005'] = { vr: 'CS', Value: ['ISO_IR 192'] };
  return ascending(match);
}

/** Of a patient only the counts are not in the study already. */
function aboveOf(level: QueryLevel, attributes: DicomJson): DicomJson {
  if (level !== 'patient') return attributes;
  return Object.fromEntries(Object.entries(attributes).filter(([tag]) => PATIENT_COUNTS.includes(tag)));
}
