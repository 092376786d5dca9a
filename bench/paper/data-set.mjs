import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'csv-parse/sync';

export const mediaTypes = { '.jpg': 'image/jpeg', '.jpeg': 'image/jpeg', '.png': 'image/png' };

/** Numbers in numeric order, as people sort them. */
export const byName = new Intl.Collator('en', { numeric: true }).compare;

/**
 * The JPG and PNG images of a folder by its metadata.csv (columns patientid, filename), in the order of §3.4: by patient ID, then
 * by file name. Rows whose file is not there, or is of another type, are left out and counted.
 * @returns {{patients: {id: string, byteCount: number, images: {fileName: string, file: string, mediaType: string, byteCount: number}[]}[], leftOut: number}}
 */
export function readDataSet(folder) {
  const files = new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && mediaTypeOf(entry.name))
      .map((entry) => [entry.name, path.join(entry.parentPath, entry.name)]),
  );
  const rows = parse(readFileSync(path.join(folder, 'metadata.csv')), { columns: true, bom: true });
  const patients = new Map();
  const seen = new Set();
  let leftOut = 0;
  for (const { patientid, filename } of rows) {
    const file = files.get(filename);
    if (!file || seen.has(filename)) leftOut++;
    if (!file || seen.has(filename)) continue;
    seen.add(filename);
    const image = { fileName: filename, file, mediaType: mediaTypeOf(filename), byteCount: statSync(file).size };
    patients.set(patientid, [...(patients.get(patientid) ?? []), image]);
  }
  if (patients.size === 0) throw new Error(`No JPG or PNG of ${path.join(folder, 'metadata.csv')} lies in ${folder}.`);
  return { patients: [...patients].map(([id, images]) => patientOf(id, images)).toSorted(byId), leftOut };
}

export function patientOf(id, images) {
  const byteCount = images.reduce((sum, image) => sum + image.byteCount, 0);
  return { id, byteCount, images: images.toSorted((a, b) => byName(a.fileName, b.fileName)) };
}

const byId = (a, b) => byName(a.id, b.id);

function mediaTypeOf(name) {
  return mediaTypes[path.extname(name).toLowerCase()];
}
