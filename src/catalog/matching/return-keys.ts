import type { DicomJson, JsonElement } from '../../standard/dicom-json.js';
import type { Query, QueryLevel } from '../query.js';
import { DEFAULT_ATTRIBUTES, DEFAULT_ITEMS } from './default-attributes.js';
import { TAGS } from './tags.js';

/** What is wanted of one level: tag → the whole attribute, or only these paths inside its items. */
export interface ReturnKeys {
  all: boolean;
  tags: Map<string, string[][]>;
  required: Record<string, string>;
}

/** TimezoneOffsetFromUTC goes with every date and time, so it is returned from whichever level has it. */
const TIMEZONE = TAGS.TimezoneOffsetFromUTC;

/**
 * What an answer has of `level`: the defaults when it is the level that is searched or one above that the URL does not
 * name (PS3.18 §10.6.3.3), and whatever is included or a key, if it is there.
 */
export function returnKeysOf(query: Query, level: QueryLevel): ReturnKeys {
  const tags = new Map<string, string[][]>();
  const scoped = { patient: true, study: query.StudyInstanceUID, series: query.SeriesInstanceUID, instance: undefined };
  const isDefault = level === query.level || scoped[level] === undefined;
  if (isDefault) {
    for (const tag of [...Object.keys(DEFAULT_ATTRIBUTES[level].required), ...DEFAULT_ATTRIBUTES[level].known])
      add(tags, [tag], DEFAULT_ITEMS[tag]);
  }
  if (level !== 'patient') add(tags, [TIMEZONE]);
  for (const path of query.include === 'all' ? [] : query.include) add(tags, path);
  for (const { path } of query.match) add(tags, path);
  return { all: query.include === 'all', tags, required: isDefault ? DEFAULT_ATTRIBUTES[level].required : {} };
}

function add(tags: Map<string, string[][]>, [tag, ...inner]: string[], items?: string[]): void {
  if (tag === undefined) return;
  const creator = creatorOf(tag);
  if (creator) tags.set(creator, []);
  const known = tags.get(tag);
  const paths = items ? items.map((item) => [item]) : inner.length > 0 ? [inner] : [];
  const isWhole = paths.length === 0 || known?.length === 0;
  tags.set(tag, isWhole ? [] : [...(known ?? []), ...paths]);
}

/** The attribute that says whose a private attribute is (PS3.5 §7.8.1); without it nobody can read the other. */
function creatorOf(tag: string): string | undefined {
  const isPrivate = Number.parseInt(tag.slice(0, 4), 16) % 2 === 1;
  return isPrivate && !tag.startsWith('00', 4) ? `${tag.slice(0, 4)}00${tag.slice(4, 6)}` : undefined;
}

/** Of what is known of a row, what the answer has. */
export function keepReturnKeys(known: DicomJson, returnKeys: ReturnKeys): DicomJson {
  const kept: DicomJson = {};
  eachReturnKey([known], returnKeys, (tag, element) => {
    kept[tag] = element;
  });
  return kept;
}

/** Gives what an answer has of attributes that are in several parts, of which none has a tag of another; the last of one tag stands. */
export function eachReturnKey(
  parts: readonly DicomJson[],
  { all, tags, required }: ReturnKeys,
  give: (tag: string, element: JsonElement) => void,
): void {
  for (const [tag, vr] of Object.entries(required)) give(tag, { vr });
  for (const known of parts) {
    if (all) for (const [tag, element] of Object.entries(known)) give(tag, element);
    else
      for (const [tag, paths] of tags) {
        const element = known[tag];
        if (element) give(tag, paths.length === 0 ? element : prune(element, paths));
      }
  }
}

function prune(element: JsonElement, paths: string[][]): JsonElement {
  if (element.vr !== 'SQ') return element;
  const tags = new Map<string, string[][]>();
  for (const path of paths) add(tags, path);
  const items = (element.Value ?? []).map((item) =>
    keepReturnKeys(item as DicomJson, { all: false, tags, required: {} }),
  );
  return items.length === 0 ? { vr: element.vr } : { vr: element.vr, Value: items };
}

/** Keys ascending (PS3.18 §F.2.2), as far as a JavaScript object can: it puts keys like `10000000` first. */
export function ascending(attributes: Iterable<readonly [string, JsonElement]>): DicomJson {
  return Object.fromEntries([...attributes].sort(([a], [b]) => (a < b ? -1 : 1)));
}
