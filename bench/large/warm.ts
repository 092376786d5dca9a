import type { DicomJson } from '../../src/standard/dicom-json.js';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { instancePathOf } from '../first-value.js';
import { SAMPLES_FOLDER } from '../folders.js';
import { inLanes } from '../in-lanes.js';
import type { Client } from './client.js';
import { imageFile, sliceSource } from './objects.js';

const SAMPLES = path.join(SAMPLES_FOLDER, 'dicom', 'pydicom');
const LARGEST_SAMPLE_BYTES = 300_000;
const SLICES = 8;
const IMAGES = 4;

/**
 * What a server has done before its memory counts as idle, so that each of its threads has begun its work: stores slices, images and,
 * where they are, small real objects of every transfer syntax; shows, finds and fetches all of them.
 */
export async function warm(web: Client): Promise<{ warmedWith: number }> {
  const source = sliceSource({ count: SLICES, size: 512, data: 'picture' });
  await inLanes(SLICES, (i) => web.postDicom(source.bytes(i)));
  await inLanes(IMAGES, async (i) =>
    web.postImage(await imageFile(i, { size: 192 }), { PatientID: 'WARM', acquisition: '20200101' }),
  );
  const files = smallSamples();
  // Some of them are not to be stored.
  await inLanes(files.length, (i) => web.postDicom(readFileSync(files[i]!)).catch(() => undefined));
  const found = await web.json<DicomJson[]>('/instances?limit=5000');
  await inLanes(found.length, async (i) => {
    const at = instancePathOf(found[i]);
    await web.digest(at, 'application/dicom; transfer-syntax=*');
    await web.json(`${at}/metadata`);
    // Not all have a picture.
    await web.bytes(`${at}/rendered`, 'image/jpeg').catch(() => undefined);
    await web.bytes(`${at}/frames/1`, 'application/octet-stream; transfer-syntax=*').catch(() => undefined);
  });
  return { warmedWith: found.length };
}

function smallSamples(): string[] {
  if (!existsSync(SAMPLES)) return [];
  return readdirSync(SAMPLES, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(SAMPLES, name))
    .filter((file) => statSync(file).isFile() && statSync(file).size <= LARGEST_SAMPLE_BYTES);
}
