import type { DicomJson } from '../standard/dicom-json.js';

export type QueryLevel = 'patient' | 'study' | 'series' | 'instance';

/** One matching key (PS3.4 §C.2.2.2). `values` has more than one for a UID list or ModalitiesInStudy=CT,MR: any of them. */
export interface MatchingKey {
  /** Eight upper-case hex digits; for a sequence several, outermost first. */
  path: string[];
  vr: string;
  /** As decoded from the URL: may hold `*`, `?` or a range `a-b`, `a-`, `-b`. */
  values: string[];
}

export interface Query {
  level: QueryLevel;
  StudyInstanceUID?: string;
  SeriesInstanceUID?: string;
  match: MatchingKey[];
  /** Tags wanted besides the defaults, or `all`. */
  include: string[][] | 'all';
  /** PN by word prefix, case- and accent-insensitive. */
  fuzzy: boolean;
  limit: number;
  offset: number;
}

export interface QueryResult {
  /** One per match, keys ascending, without Retrieve URL (the routes know the root). */
  matches: DicomJson[];
  /** How many match beyond `offset + matches.length`. */
  remaining: number;
}

export interface ResourceIds {
  StudyInstanceUID: string;
  SeriesInstanceUID?: string;
  SOPInstanceUID?: string;
}
