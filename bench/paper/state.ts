import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { PaperMachine } from './about.js';
import type { PaperRecord } from './records.js';

/** What the run found out once. */
export interface Notes extends Record<string, unknown> {
  machine?: PaperMachine;
  startedAt?: string;
  /** Of measuring. */
  seconds?: number;
  calibration?: Calibration;
  pieceMsAloneAfter?: number;
}

/** How long a piece of the paper's method takes, alone and in lanes at once. */
export interface Calibration {
  lanes: number;
  pieceMsAlone: number;
  pieceMsInLanes: number;
}

type Entry = { note: string; value: unknown } | { begin: string } | PaperRecord;

export interface State {
  readonly notes: Readonly<Notes>;
  readonly isNew: boolean;
  has(key: string): boolean;
  get(key: string): PaperRecord | undefined;
  records(): PaperRecord[];
  add(record: PaperRecord): void;
  note(note: string, value: unknown): void;
  /** A number that no earlier store of this patient's images had. */
  begin(patientId: string): number;
}

/**
 * What was measured so far, a line of JSON each in `measurements.jsonl`, so that a run that was interrupted is gone on with.
 * Throws when the folder has a run with other settings.
 */
export function createState(folder: string, settings: object): State {
  const file = path.join(folder, 'measurements.jsonl');
  mkdirSync(folder, { recursive: true });
  const wanted = JSON.stringify(settings);
  if (!existsSync(file)) writeFileSync(file, `${JSON.stringify({ settings })}\n`);
  // A line that a crash cut off was not measured.
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  const [head, ...entries] = lines.map((line) => JSON.parse(line) as Entry & { settings?: object });
  if (JSON.stringify(head?.settings) !== wanted)
    throw new Error(
      `${file} is of a run with other settings (${JSON.stringify(head?.settings)}, not ${wanted}); give those, or --fresh.`,
    );
  const records = new Map<string, PaperRecord>();
  const notes: Notes = {};
  /** How often the images of each patient were begun to be stored. */
  const begun = new Map<string, number>();

  function take(entry: Entry): void {
    if ('note' in entry) notes[entry.note] = entry.value;
    else if ('begin' in entry) begun.set(entry.begin, (begun.get(entry.begin) ?? 0) + 1);
    else records.set(entry.key, entry);
  }
  function write(entry: Entry): void {
    appendFileSync(file, `${JSON.stringify(entry)}\n`);
    take(entry);
  }
  entries.forEach(take);

  return {
    notes,
    isNew: entries.length === 0,
    has: (key) => records.has(key),
    get: (key) => records.get(key),
    records: () => [...records.values()],
    add: write,
    note: (note, value) => write({ note, value }),
    begin: (patientId) => {
      write({ begin: patientId });
      return begun.get(patientId) ?? 0;
    },
  };
}
