import type { Implementation, Level } from './passes.js';

interface OfPass {
  /** `keyOf` of what it is. */
  key: string;
  implementation: Implementation;
  level: Level;
  withPreview: boolean;
  repeat: number;
  unit: string;
}

/** Milliseconds of storing all of a unit, and until the other site can show it. */
export interface StoreTimes {
  storingMs: number;
  firstViewableStoringMs: number;
  transactions?: number;
  previewBytes?: number;
}

/** Milliseconds of loading all of a unit, and until the first can be shown. */
export interface LoadTimes {
  loadingMs: number;
  firstViewableLoadingMs: number;
  previewBytes?: number;
}

/** A unit as it was stored. */
export interface StoredRecord extends OfPass, StoreTimes {
  stored: true;
  isAdded: boolean;
  images: number;
  byteCount: number;
  patientId: string;
  /** Of the variant of its bytes. */
  number: number;
}

/** A unit as it was loaded. */
export interface LoadedRecord extends OfPass, LoadTimes {
  loaded: true;
}

/** The whole sample, stored by several at once. */
export interface TogetherRecord {
  key: string;
  together: true;
  repeat: number;
  inFlight: number;
  byteCount: number;
  wallMs: number;
  images: (StoreTimes & { isAdded: boolean; byteCount: number })[];
}

export type PaperRecord = StoredRecord | LoadedRecord | TogetherRecord;
export type JoinedRecord = StoredRecord & LoadedRecord;

/** What was stored, with the times of its loading. */
export function joinRecords(records: readonly PaperRecord[]): JoinedRecord[] {
  const unitOf = ({ key }: PaperRecord): string => key.slice(key.indexOf('/'));
  const loaded = new Map(records.flatMap((record) => ('loaded' in record ? [[unitOf(record), record] as const] : [])));
  return records.flatMap((record) =>
    'stored' in record ? [{ ...loaded.get(unitOf(record)), ...record } as JoinedRecord] : [],
  );
}
