import type { DicomJson } from '../../standard/dicom-json.js';
import type { Query, QueryLevel, QueryResult } from '../query.js';
import type { Connection } from './database.js';
import { LEVEL_ORDER } from './level-sources.js';
import { prepareMatchingItems } from './matching-items.js';
import { type LevelsOf, searchSql } from './search-sql.js';
import { createRows, type LevelRow } from './rows.js';
import type { Sight } from './sight.js';
import type { SiteNames } from './site-names.js';
import type { Statements } from './statements.js';
import type { Count } from './counts.js';
import { ascending, keepReturnKeys, type ReturnKeys, returnKeysOf } from '../matching/return-keys.js';
import { INSTANCE_PARTS, type InstancePart, partOf } from '../matching/instance-parts.js';
import { TAGS } from '../matching/tags.js';

const UID_TAGS: Partial<Record<QueryLevel, string>> = {
  study: TAGS.StudyInstanceUID,
  series: TAGS.SeriesInstanceUID,
  instance: TAGS.SOPInstanceUID,
};
const PATIENT_COUNTS: string[] = [
  TAGS.NumberOfPatientRelatedStudies,
  TAGS.NumberOfPatientRelatedSeries,
  TAGS.NumberOfPatientRelatedInstances,
];

interface SearchDependencies {
  db: Connection;
  statements: Statements;
  levelsOf: LevelsOf;
  names: SiteNames;
  count: Count;
  /** How many rollbacks there were. */
  rollbackCount: () => number;
}

/** After so many rows, or so long, others have their turn. */
const [TURN_ROWS, TURN_MS] = [100, 5];
/** So often an answer is begun anew because of a rollback; the next one is made without turns. */
const MAX_BEGINNINGS = 3;

/**
 * Searches of an open catalogue, in studies that are seen. Each `yield` is a place where others may have their turn; when a rollback has
 * been there, what was found before it may be something else now, and the answer is made anew.
 */
export function createSearch(
  { db, statements, levelsOf, names, count, rollbackCount }: SearchDependencies,
  sight: Sight,
): (query: Query) => Generator<void, QueryResult> {
  const rows = createRows(statements, names, sight);
  const attempt = function* (
    query: Query,
    { inTurns }: { inTurns: boolean },
  ): Generator<void, QueryResult | undefined> {
    const begunAt = rollbackCount();
    const { id, from, where, order, keysOf } = searchSql(query, levelsOf, sight);
    const page = statements
      .prepared(`SELECT ${id} AS id FROM ${from.sql} WHERE ${where.sql} ORDER BY ${order} LIMIT ? OFFSET ?`)
      .all(...from.values, ...where.values, query.limit, query.offset) as { id: number }[];
    const end = query.offset + page.length;
    const isLast = page.length < query.limit && (page.length > 0 || query.offset === 0);
    const total = isLast ? end : count(from, where);
    const returnKeys = levelReturnKeys(query);
    const reader = rows.reader(partsOf(query, levelsOf));
    const matching = new Map(
      query.match.some(({ path }) => path.length > 1)
        ? LEVEL_ORDER.map((at) => [at, prepareMatchingItems(db, { level: at, keys: keysOf(at), fuzzy: query.fuzzy })])
        : [],
    );
    const read: Reader = (at, rowId, sectionId) => {
      const row = reader(at, rowId, sectionId);
      const attributes = matching.get(at)?.(rowId, row.attributes, sectionId);
      return attributes === undefined ? row : { ...row, attributes };
    };
    const matchOf = createMatches({ returnKeys, read, names });
    const matches: DicomJson[] = [];
    let [sinceTurn, turnAt] = [0, performance.now() + TURN_MS];
    for (const row of page) {
      if (inTurns && (sinceTurn === TURN_ROWS || performance.now() > turnAt)) {
        yield;
        if (rollbackCount() !== begunAt) return undefined;
        [sinceTurn, turnAt] = [0, performance.now() + TURN_MS];
      }
      matches.push(matchOf(row.id));
      sinceTurn++;
    }
    return { matches, remaining: Math.max(0, total - end) };
  };
  return function* (query) {
    for (let beginnings = 1; ; beginnings++) {
      const result = yield* attempt(query, { inTurns: beginnings <= MAX_BEGINNINGS });
      if (result) return result;
    }
  };
}

/** The parts of an instance in which something is wanted. */
function partsOf(query: Query, levelsOf: LevelsOf): InstancePart[] {
  if (query.level !== 'instance') return [];
  const { all, tags } = returnKeysOf(query, 'instance');
  const wanted = [...tags.keys()].filter((tag) => levelsOf(tag).includes('instance'));
  return INSTANCE_PARTS.filter((part) => all || wanted.some((tag) => partOf(tag) === part));
}

type LevelReturnKeys = [QueryLevel, ReturnKeys][];

/** From the searched level upwards; the patient only where its counts are asked for. */
function levelReturnKeys(query: Query): LevelReturnKeys {
  return LEVEL_ORDER.slice(0, LEVEL_ORDER.indexOf(query.level) + 1)
    .reverse()
    .map((level): [QueryLevel, ReturnKeys] => [level, returnKeysOf(query, level)])
    .filter(
      ([level, { tags }]) =>
        level !== 'patient' || query.level === level || PATIENT_COUNTS.some((tag) => tags.has(tag)),
    );
}

type Reader = ReturnType<ReturnType<typeof createRows>['reader']>;

interface MatchParts {
  returnKeys: LevelReturnKeys;
  read: Reader;
  names: SiteNames;
}

/** What the levels above say in a match: the attributes that are there unless a lower level has them, and UIDs, which stand. */
interface Above {
  attributes: DicomJson;
  uids: DicomJson;
}

/** Makes matches of the rows of one page; what the levels above say is put together once for all that are of the same. */
function createMatches({ returnKeys, read, names }: MatchParts): (id: number) => DicomJson {
  const [[level, wanted], ...levelsAbove] = returnKeys as [LevelReturnKeys[number], ...LevelReturnKeys];
  const known = new Map<string, Above>();
  const aboveOf = ({ own, parentId }: LevelRow): Above => {
    const name = own ? `${parentId} ${own.study} ${own.series} ${own.patientId}` : String(parentId);
    const before = known.get(name);
    if (before) return before;
    const above = readAbove(levelsAbove, { read, own, parentId });
    known.set(name, above);
    return above;
  };
  return (id) => {
    const row = read(level, id);
    const { attributes, uids } = aboveOf(row);
    // What the lower level says stands: a study's patient attributes are those of its own first instance.
    const match: DicomJson = { ...attributes, ...keepReturnKeys(row.attributes, wanted), ...uids };
    const uid = UID_TAGS[level];
    if (uid && row.attributes[uid]) match[uid] = row.attributes[uid];
    if (row.availability) match[TAGS.InstanceAvailability] = row.availability;
    else delete match[TAGS.InstanceAvailability];
    if (level !== 'patient') match[TAGS.RetrieveAETitle] = names.retrieveAETitle(row.siteId);
    if (level === 'study' && row.modalities.length === 1 && wanted.tags.has(TAGS.Modality))
      match[TAGS.Modality] = { vr: 'CS', Value: row.modalities };
    match[TAGS.SpecificCharacterSet] = { vr: 'CS', Value: ['ISO_IR 192'] };
    return ascending(match);
  };
}

function readAbove(
  levels: LevelReturnKeys,
  { read, own, parentId }: Pick<LevelRow, 'own' | 'parentId'> & { read: Reader },
): Above {
  const above: Above = { attributes: {}, uids: {} };
  let rowId = parentId;
  for (const [at, wanted] of levels) {
    // The counts of a patient are not those of another that an instance names.
    if (rowId === undefined || (at === 'patient' && own !== undefined && own.patientId !== rowId)) break;
    const row: LevelRow = read(at, rowId, at === 'study' || at === 'series' ? own?.[at] : undefined);
    above.attributes = { ...keepReturnKeys(countsOf(at, row.attributes), wanted), ...above.attributes };
    const uid = UID_TAGS[at];
    if (uid && row.attributes[uid]) above.uids[uid] = row.attributes[uid];
    rowId = row.parentId;
  }
  return above;
}

/** Of a patient only the counts are not in the study already. */
function countsOf(level: QueryLevel, attributes: DicomJson): DicomJson {
  if (level !== 'patient') return attributes;
  return Object.fromEntries(Object.entries(attributes).filter(([tag]) => PATIENT_COUNTS.includes(tag)));
}
