import type { Lane } from '../load/open-lane.js';
import type { Archive } from '../servers/archive.js';

export type Unit = 'req/s' | 'MB/s' | 'objects/s' | 'ms' | 's' | 'MB' | 'errors';

/** One line of the table. */
export interface RowName {
  name: string;
  unit: Unit;
}

/** One run with one server: a value for each line, and what it cost. */
export interface Sample {
  values: number[];
  /** Of processor, all threads of the server, a request (of STOW, an object). */
  cpuMs?: number;
  /** Of the processor's cores, how many the server kept busy. */
  cores?: number;
  /** Of the latencies of single requests. */
  p99Ms?: number;
}

/** What is measured together. */
export interface Work {
  group: string;
  rows: RowName[];
  /** Fewer than the other rows, where a run takes long. */
  pairs?: number;
  /** Servers that it needs; they run when `sample` is called. */
  archives: readonly Archive[];
  /** Asks once and looks at the answers: what has to be equal with both servers. */
  check?: (archive: Archive) => Promise<string>;
  /** `pair` counts from 0. */
  sample(archive: Archive, pair: number): Promise<Sample>;
}

/** What rows need besides. */
export interface RowTools {
  lane: Lane;
  archives: readonly Archive[];
  seconds: number;
}

/** Whether more of it is better. */
export const isMoreBetter = (unit: Unit): boolean => unit.endsWith('/s');

/** `1 client`, `16 clients`. */
export const clientsText = (clients: number): string => `${clients} client${clients === 1 ? '' : 's'}`;
