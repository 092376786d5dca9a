import type { DicomJson, JsonElement } from '../../standard/dicom-json.js';
import type { MatchingKey, QueryLevel } from '../query.js';
import type { Connection } from './database.js';
import { bySequence, itemCondition, type Source } from './keys-condition.js';
import { LEVEL_SOURCES } from './level-sources.js';
import { isUniversal } from '../matching/matching-keys.js';

/**
 * Prepares, for one search, leaving out of a row's attributes the sequence items that do not match (PS3.4 §C.2.2.2.6).
 * Sequences without a key in them stay whole.
 */
export function prepareMatchingItems(
  db: Connection,
  { level, keys, fuzzy }: { level: QueryLevel; keys: MatchingKey[]; fuzzy: boolean },
): ((id: number, attributes: DicomJson, sectionId?: number) => DicomJson) | undefined {
  const inSequences = keys.filter((key) => key.path.length > 1 && !isUniversal(key));
  if (inSequences.length === 0) return undefined;
  const { keys: keysOf, table } = LEVEL_SOURCES[level];
  const ofSection = db.prepare('SELECT json(keys) AS keys FROM section WHERE id = ?');
  const sequences = [...bySequence(inSequences).sequences.keys()].map((tag) => ({
    keys: inSequences.filter(({ path }) => path[0] === tag),
    ofRow: db.prepare(`SELECT json(${keysOf(tag)}) AS keys FROM ${table} WHERE id = ?`),
  }));
  return (id, attributes, sectionId) =>
    sequences.reduce((kept, { keys: inner, ofRow }) => {
      const row = sectionId === undefined ? ofRow.get(id) : ofSection.get(sectionId);
      // Null where an instance has none of the part that the sequence is of.
      const { keys } = row as { keys: string | null };
      return keepMatching(db, { attributes: kept, matchingKeys: keys ?? '{}', keys: inner, fuzzy });
    }, attributes);
}

/** `matchingKeys` are those of the same attributes, as JSON text: their items have the same positions. */
function keepMatching(
  db: Connection,
  {
    attributes,
    matchingKeys,
    keys,
    fuzzy,
  }: { attributes: DicomJson; matchingKeys: string; keys: MatchingKey[]; fuzzy: boolean },
): DicomJson {
  const kept: DicomJson = { ...attributes };
  for (const [tag, inner] of bySequence(keys).sequences) {
    const element = attributes[tag];
    if (element?.Value)
      kept[tag] = { ...element, Value: matchingItems(db, { element, tag, matchingKeys, inner, fuzzy }) };
  }
  return kept;
}

const SOURCE: Source = { keys: () => 'row.keys', columns: {}, lists: {} };

function matchingItems(
  db: Connection,
  {
    element,
    tag,
    matchingKeys,
    inner,
    fuzzy,
  }: { element: JsonElement; tag: string; matchingKeys: string; inner: MatchingKey[]; fuzzy: boolean },
): DicomJson[] {
  const { items, where } = itemCondition(SOURCE, { tag, inner, fuzzy, depth: 0 });
  const matching = db
    .prepare(
      `SELECT item0.key AS position, item0.value AS keys FROM (SELECT ? AS keys) row, ${items.sql} WHERE ${where.sql}`,
    )
    .all(matchingKeys, ...items.values, ...where.values) as { position: number; keys: string }[];
  return matching.map(({ position, keys }) => {
    const attributes = (element.Value?.[position] ?? {}) as DicomJson;
    return keepMatching(db, { attributes, matchingKeys: keys, keys: inner, fuzzy });
  });
}
