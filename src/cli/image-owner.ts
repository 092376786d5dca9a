import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'csv-parse/sync';

/** Whose an image file is, as a `metadata.csv` says. */
export interface ImageOwner {
  PatientID: string;
  /** YYYYMMDD. */
  acquisition?: string;
}

/** Looks files up in the `metadata.csv` (columns patientid, filename, and date if there) of their folder or the one above. */
export function imageOwners(): (file: string) => Promise<ImageOwner | undefined> {
  const tables = new Map<string, Promise<Map<string, ImageOwner>>>();
  const tableOf = (folder: string): Promise<Map<string, ImageOwner>> => {
    const known = tables.get(folder) ?? readTable(path.join(folder, 'metadata.csv'));
    tables.set(folder, known);
    return known;
  };
  return async (file) => {
    const folder = path.dirname(path.resolve(file));
    const name = path.basename(file);
    return (await tableOf(folder)).get(name) ?? (await tableOf(path.dirname(folder))).get(name);
  };
}

async function readTable(file: string): Promise<Map<string, ImageOwner>> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return new Map();
  const rows = parse<Record<string, string | undefined>>(text, { columns: true, bom: true, relaxColumnCount: true });
  return new Map(
    rows.flatMap(({ patientid, filename, date }) => {
      if (!patientid || !filename) return [];
      const acquisition = dayOf(date ?? '');
      return [[filename, { PatientID: patientid, ...(acquisition && { acquisition }) }]];
    }),
  );
}

/** "May 4, 2010" or 2010-05-04 as 20100504; a year alone names no day. */
function dayOf(date: string): string | undefined {
  const day = new Date(`${date} UTC`);
  if (/^\d*$/.test(date) || Number.isNaN(day.getTime())) return undefined;
  return day.toISOString().slice(0, 10).replaceAll('-', '');
}
