import type { DicomJson } from '../standard/dicom-json.js';

export type QueryLevel = 'patient' | 'study' | 'series' | 'instance';

/** One matching key (PS3.4 §C.2.2.2). `values` has more than one for a UID list or ModalitiesInStudy=CT,MR: any of them. */
export interface MatchingKey {
  /** Eight upper-case hex digits; for a sequence several, outermost first. */
  path: string[];
  vr: string;
  /** As decoded from the URL: may hold `*`, `?` or a range `a-b`, `a-`, `-b`. */
  values: string[];
  /** Asks for what has no value at all (PS3.4 §C.2.2.2.7); `values` is empty. */
  isEmpty?: boolean;
}

/** An attribute of the level that is searched or of one above. */
export interface OrderKey {
  tag: string;
  descending: boolean;
}

export interface Query {
  level: QueryLevel;
  StudyInstanceUID?: string;
  SeriesInstanceUID?: string;
  match: MatchingKey[];
  /** Tags wanted besides the defaults, or `all`. */
  include: string[][] | 'all';
  /** PN by the beginnings of words, case- and accent-insensitive; PatientName also by how words sound. */
  fuzzy: boolean;
  /** By which attributes matches come, before the order that they have anyway. What has no value comes last. */
  orderBy?: readonly OrderKey[];
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
