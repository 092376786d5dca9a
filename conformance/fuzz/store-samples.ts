import { seeded } from '../faults/random.mjs';

/** Stores some undamaged files. @returns the paths of the instances below the DICOMweb root */
export async function storeSamples({ ask }, corpus, count) {
  const random = seeded(11);
  for (let index = 0; index < count; index++) {
    const { bytes } = corpus.pick(random);
    const headers = { 'Content-Type': 'application/dicom' };
    await ask({ method: 'POST', path: '/dicom-web/studies', headers, body: bytes });
  }
  const { bytes } = await ask({ path: '/dicom-web/instances' });
  return JSON.parse(bytes)
    .map((item) => ['0020000D', '0020000E', '00080018'].map((tag) => item[tag].Value[0]))
    .sort()
    .map(([study, series, uid]) => `/studies/${study}/series/${series}/instances/${uid}`);
}
