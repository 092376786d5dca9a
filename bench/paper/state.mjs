import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * What was measured so far, a line of JSON each in `measurements.jsonl`, so that a run that was interrupted is gone on with.
 * Throws when the folder has a run with other settings.
 */
export function openState(folder, settings) {
  const file = path.join(folder, 'measurements.jsonl');
  mkdirSync(folder, { recursive: true });
  const wanted = JSON.stringify(settings);
  if (!existsSync(file)) writeFileSync(file, `${JSON.stringify({ settings })}\n`);
  // A line that a crash cut off was not measured.
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  const [head, ...entries] = lines.map((line) => JSON.parse(line));
  if (JSON.stringify(head?.settings) !== wanted)
    throw new Error(
      `${file} is of a run with other settings (${JSON.stringify(head?.settings)}, not ${wanted}); give those, or --fresh.`,
    );
  const records = new Map();
  const notes = {};
  /** How often the images of each patient were begun to be stored. */
  const begun = new Map();

  function take(entry) {
    if (entry.note) notes[entry.note] = entry.value;
    else if (entry.begin) begun.set(entry.begin, (begun.get(entry.begin) ?? 0) + 1);
    else records.set(entry.key, entry);
  }
  function write(entry) {
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
    add: (key, record) => write({ key, ...record }),
    note: (note, value) => write({ note, value }),
    /** A number that no earlier store of this patient's images had. */
    begin: (patientId) => {
      write({ begin: patientId });
      return begun.get(patientId);
    },
  };
}
