import type { Machine } from '../../machine.js';
import type { ArchiveName } from '../servers/archive.js';
import type { Unit } from '../rows/row.js';
import type { Sizes } from '../sizes.js';

/** Of the runs that count. */
export interface SpreadOfRuns {
  /** NaN, null in JSON, of none. */
  median: number;
  least: number;
  most: number;
  count: number;
}

/** Medians besides the value: see `Sample`. */
export interface ServerFigures extends SpreadOfRuns {
  cpuMs?: number;
  cores?: number;
  p99Ms?: number;
}

export interface MeasuredRow {
  group: string;
  name: string;
  unit: Unit;
  /** Whether both servers gave the same answers. */
  isEqual: boolean;
  ours: ServerFigures;
  orthanc: ServerFigures;
  /** Ours : Orthanc, more is better for ours; of the pairs, not of the medians. */
  ratio?: SpreadOfRuns;
}

export interface Measured {
  rows: MeasuredRow[];
  faults: Fault[];
}

/** What went wrong in a row, and with which server; with neither when they differ. */
export interface Fault {
  row: string;
  archive?: ArchiveName;
  what: string;
}

/** `orthanc.json`. */
export interface OrthancRun extends Measured {
  at: string;
  commit: string;
  machine: Machine;
  orthanc: { version: string; dicomWeb: string; plugins: string[] };
  images: string;
  /** Instances of the catalogue, in both servers, and how long Orthanc took to take them. */
  catalog?: {
    instances: number;
    oursAlone?: { instances: number; fillSeconds: number };
    fillSeconds: Record<ArchiveName, number>;
  };
  diskBytes?: Record<ArchiveName, number>;
  sizes: Sizes;
  command: string;
  /** Ours : Orthanc by the name of the row, the median of the pairs; more is better for ours. */
  ratios: Record<string, number>;
}
