import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'csv-parse/sync';

export type PaperMediaType = 'image/jpeg' | 'image/png';

/** An image of a patient, as a file. */
export interface PaperImage {
  fileName: string;
  file: string;
  mediaType: PaperMediaType;
  byteCount: number;
}

export interface Patient {
  id: string;
  byteCount: number;
  images: PaperImage[];
  /** It is not of the data set. */
  isAdded?: boolean;
}

const MEDIA_TYPES: Record<string, PaperMediaType> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
};

/** Numbers in numeric order, as people sort them. */
const byName = new Intl.Collator('en', { numeric: true }).compare;

/**
 * The JPG and PNG images of a folder by its metadata.csv (columns patientid, filename), in the order of §3.4: by patient ID, then
 * by file name. Rows whose file is not there, or is of another type, are left out and counted.
 */
export function readDataSet(folder: string): { patients: Patient[]; leftOut: number } {
  const files = new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && mediaTypeOf(entry.name))
      .map((entry): [string, string] => [entry.name, path.join(entry.parentPath, entry.name)]),
  );
  const rows = parse<{ patientid: string; filename: string }>(readFileSync(path.join(folder, 'metadata.csv')), {
    ...{ columns: true, bom: true },
  });
  const patients = new Map<string, PaperImage[]>();
  const seen = new Set<string>();
  let leftOut = 0;
  for (const { patientid, filename } of rows) {
    const file = files.get(filename);
    const mediaType = mediaTypeOf(filename);
    if (!file || !mediaType || seen.has(filename)) {
      leftOut++;
      continue;
    }
    seen.add(filename);
    const image = { fileName: filename, file, mediaType, byteCount: statSync(file).size };
    patients.set(patientid, [...(patients.get(patientid) ?? []), image]);
  }
  if (patients.size === 0) throw new Error(`No JPG or PNG of ${path.join(folder, 'metadata.csv')} lies in ${folder}.`);
  return { patients: [...patients].map(([id, images]) => patientOf(id, images)).toSorted(byId), leftOut };
}

export function patientOf(id: string, images: readonly PaperImage[]): Patient {
  const byteCount = images.reduce((sum, image) => sum + image.byteCount, 0);
  return { id, byteCount, images: images.toSorted((a, b) => byName(a.fileName, b.fileName)) };
}

const byId = (a: Patient, b: Patient): number => byName(a.id, b.id);

function mediaTypeOf(name: string): PaperMediaType | undefined {
  return MEDIA_TYPES[path.extname(name).toLowerCase()];
}
