import type { JoinedRecord } from './records.js';

/** The columns (A) to (E) of Tables 2 and 3. */
export type Measure = 'storing' | 'firstViewableStoring' | 'loading' | 'firstViewableLoading' | 'totalFirstViewable';

/** Milliseconds of one record. */
export const MEASURES: Record<Measure, (record: JoinedRecord) => number> = {
  storing: (record) => record.storingMs,
  firstViewableStoring: (record) => record.firstViewableStoringMs,
  loading: (record) => record.loadingMs,
  firstViewableLoading: (record) => record.firstViewableLoadingMs,
  totalFirstViewable: (record) => record.firstViewableStoringMs + record.firstViewableLoadingMs,
};

export const measureNames = Object.keys(MEASURES) as Measure[];
