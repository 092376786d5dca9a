import type { MatchingKey, QueryLevel } from '../query.js';
import { TAGS } from '../matching/tags.js';
import { ALWAYS, and, type Condition, or } from './condition.js';
import { keysCondition, type Source } from './keys-condition.js';
import { LEVEL_SOURCES } from './level-sources.js';

/** What no object says of its study or series: it is counted, joined, or names the row. */
const OF_ROW = new Set<string>([
  TAGS.StudyInstanceUID,
  TAGS.ModalitiesInStudy,
  TAGS.SOPClassesInStudy,
  TAGS.NumberOfStudyRelatedSeries,
  TAGS.NumberOfStudyRelatedInstances,
  TAGS.SeriesInstanceUID,
  TAGS.NumberOfSeriesRelatedInstances,
]);

interface Asked {
  level: 'study' | 'series';
  source: Source;
  keys: MatchingKey[];
  fuzzy: boolean;
}

/** Whether a search for instances compares what each says itself of that level. */
export const isSaidByEach = (queried: QueryLevel, level: QueryLevel): level is 'study' | 'series' =>
  queried === 'instance' && (level === 'study' || level === 'series');

/** What each instance `i` says itself of that level. */
const saidBy = (level: 'study' | 'series'): Source & { section: string } => {
  const section = level === 'study' ? 'i.study_section_id' : 'i.series_section_id';
  return { keys: () => `(SELECT keys FROM section WHERE id = ${section})`, columns: {}, lists: {}, section };
};

/** Where an attribute of a level is found in a search: the instance itself says it, or the row. */
export const sourceOfTag = (queried: QueryLevel, level: QueryLevel, tag: string): Source =>
  isSaidByEach(queried, level) && !OF_ROW.has(tag) ? saidBy(level) : LEVEL_SOURCES[level];

/**
 * True for an instance `i` that says itself what is asked of its study `s` or series `r`. Where all say the same, that is found by the
 * study or series alone, and looked at once.
 */
export function saidCondition({ level, source, keys, fuzzy }: Asked): Condition {
  const said = keys.filter(({ path }) => !OF_ROW.has(path[0] ?? ''));
  const ofRow = keysCondition(source, keys.filter((key) => !said.includes(key)), fuzzy); // prettier-ignore
  if (said.length === 0) return ofRow;
  const isMixed = (value: 0 | 1): Condition => ({
    sql: `${level === 'study' ? 's' : 'r'}.is_mixed = ${value}`,
    values: [],
  });
  const together = or([keysCondition(source, said, fuzzy), isMixed(1)]);
  return and(
    [ofRow, together, or([isMixed(0), keysCondition(saidBy(level), said, fuzzy)])].filter((each) => each !== ALWAYS),
  );
}
