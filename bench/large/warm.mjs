// What a server has done before its memory counts as idle: a little of everything, so that each of its threads has begun its work.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { imageFile, sliceSource } from './objects.mjs';
import { inLanes } from './web.mjs';

const samples = path.resolve(import.meta.dirname, '../../../shared/data/dicom/pydicom');
const largestSample = 300_000;
const slices = 8;
const images = 4;

/** Stores slices, images and, where they are, small real objects of every transfer syntax; shows, finds and fetches all of them. */
export async function warm(web) {
  const source = sliceSource({ count: slices, size: 512, data: 'picture' });
  await inLanes(slices, (i) => web.postDicom(source.bytes(i)));
  await inLanes(images, async (i) =>
    web.postImage(await imageFile(i, { size: 192 }), { PatientID: 'WARM', acquisition: '20200101' }),
  );
  const files = smallSamples();
  // Some of them are not to be stored.
  await inLanes(files.length, (i) => web.postDicom(readFileSync(files[i])).catch(() => undefined));
  const found = await web.json('/instances?limit=5000');
  await inLanes(found.length, async (i) => {
    const [study, series, instance] = ['0020000D', '0020000E', '00080018'].map((tag) => found[i][tag].Value[0]);
    const at = `/studies/${study}/series/${series}/instances/${instance}`;
    await web.digest(at, 'application/dicom; transfer-syntax=*');
    await web.json(`${at}/metadata`);
    // Not all have a picture.
    await web.bytes(`${at}/rendered`, 'image/jpeg').catch(() => undefined);
    await web.bytes(`${at}/frames/1`, 'application/octet-stream; transfer-syntax=*').catch(() => undefined);
  });
  return { warmedWith: found.length };
}

function smallSamples() {
  if (!existsSync(samples)) return [];
  return readdirSync(samples, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(samples, name))
    .filter((file) => statSync(file).isFile() && statSync(file).size <= largestSample);
}
