import type { MatchingKey, QueryLevel } from '../catalog.js';
import type { Connection } from './database.js';
import { bySequence, itemCondition, type Source } from './key-condition.js';
import { SOURCES } from './level-sources.js';
import { isUniversal } from './value-condition.js';
import type { DicomJson, JsonElement } from '../../standard/dicom-json.js';

/**
 * Prepares, for one search, leaving out of a row's attributes the sequence items that do not match (PS3.4 §C.2.2.2.6).
 * Sequences without a key in them stay whole.
 */
export function prepareMatchingItems(
  db: Connection,
  { level, keys, fuzzy }: { level: QueryLevel; keys: MatchingKey[]; fuzzy: boolean },
): ((id: number, attributes: DicomJson) => DicomJson) | undefined {
  const inSequences = keys.filter((key) => key.path.length > 1 && !isUniversal(key));
  if (inSequences.length === 0) return undefined;
  const { keys: json, table } = SOURCES[level];
  const statement = db.prepare(`SELECT json(${json}) AS keys FROM ${table} WHERE id = ?`);
  return (id, attributes) => {
    const { keys: searchKeys } = statement.get(id) as { keys: string };
    return keepMatching(db, { attributes, searchKeys, keys: inSequences, fuzzy });
  };
}

/** `searchKeys` are those of the same attributes, as JSON text: their items have the same positions. */
function keepMatching(
  db: Connection,
  {
    attributes,
    searchKeys,
    keys,
    fuzzy,
  }: { attributes: DicomJson; searchKeys: string; keys: MatchingKey[]; fuzzy: boolean },
): DicomJson {
  const kept: DicomJson = { ...attributes };
  for (const [tag, inner] of bySequence(keys).sequences) {
    const element = attributes[tag];
    if (element?.Value)
      kept[tag] = { ...element, Value: matchingItems(db, { element, tag, searchKeys, inner, fuzzy }) };
  }
  return kept;
}

const SOURCE: Source = { keys: 'row.keys', columns: {}, lists: {} };

function matchingItems(
  db: Connection,
  {
    element,
    tag,
    searchKeys,
    inner,
    fuzzy,
  }: { element: JsonElement; tag: string; searchKeys: string; inner: MatchingKey[]; fuzzy: boolean },
): DicomJson[] {
  const { items, where } = itemCondition(SOURCE, { tag, inner, fuzzy, depth: 0 });
  const matching = db
    .prepare(
      `SELECT item0.key AS position, item0.value AS keys FROM (SELECT ? AS keys) row, ${items.sql} WHERE ${where.sql}`,
    )
    .all(searchKeys, ...items.values, ...where.values) as { position: number; keys: string }[];
  return matching.map(({ position, keys }) => {
    const attributes = (element.Value?.[position] ?? {}) as DicomJson;
    return keepMatching(db, { attributes, searchKeys: keys, keys: inner, fuzzy });
  });
}
