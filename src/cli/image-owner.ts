import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'csv-parse/sync';
import {
  IMAGE_ATTRIBUTE_NAMES,
  type ImageAttribute,
  imageAttributeFault,
  type ImageDescription,
} from '../standard/image-attributes.js';

/** Whose an image file is, as a `metadata.csv` says. */
export interface ImageOwner extends ImageDescription {
  PatientID: string;
  /** YYYYMMDD. */
  acquisition?: string;
}

/** Looks files up in the `metadata.csv` (columns patientid, filename, and date and those of `COLUMNS` if there) of their folder or the one above. */
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
  const columns = (names: string[]): string[] => names.map((name) => name.trim().toLowerCase());
  const rows = parse<Row>(text, { columns, bom: true, relaxColumnCount: true });
  return new Map(
    rows.flatMap((row) => {
      const { patientid, filename, date } = row;
      if (!patientid || !filename) return [];
      const acquisition = dayOf(date ?? '');
      return [[filename, { PatientID: patientid, ...(acquisition && { acquisition }), ...descriptionOf(row) }]];
    }),
  );
}

type Row = Record<string, string | undefined>;

/** Other names of columns than the keyword in lower case: those of the COVID chest X-ray data set. */
const COLUMNS: Partial<Record<ImageAttribute, string>> = {
  PatientSex: 'sex',
  Modality: 'modality',
  StudyDescription: 'finding',
};
/** Words that stand there for codes of PS3.3 §C.7.3.1.1.1. */
const MODALITIES: Partial<Record<string, string>> = { 'X-RAY': 'DX', XRAY: 'DX', MRI: 'MR', ULTRASOUND: 'US' };

/** What a row says of the picture; a value that the attribute cannot have is left out. */
function descriptionOf(row: Row): ImageDescription {
  return Object.fromEntries(
    IMAGE_ATTRIBUTE_NAMES.flatMap((name) => {
      const text = (row[name.toLowerCase()] || row[COLUMNS[name] ?? ''])?.trim() ?? '';
      const value = name === 'Modality' ? (MODALITIES[text.toUpperCase()] ?? text.toUpperCase()) : text.slice(0, 64);
      return value === '' || imageAttributeFault(name, value) !== undefined ? [] : [[name, value]];
    }),
  );
}

/** "May 4, 2010" or 2010-05-04 as 20100504; a year alone names no day. */
function dayOf(date: string): string | undefined {
  const day = new Date(`${date} UTC`);
  if (/^\d*$/.test(date) || Number.isNaN(day.getTime())) return undefined;
  return day.toISOString().slice(0, 10).replaceAll('-', '');
}
