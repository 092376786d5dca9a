import type { DataSet } from '../testing/dicomweb-client.js';
import { seeded } from '../testing/seeded.js';
import type { Corpus } from './corpus.js';
import type { FuzzedServer } from './fuzzed-server.js';

/** Stores `count` undamaged files, always the same ones. Resolves with the paths of the instances below the DICOMweb root, in order. */
export async function storeSamples({ ask }: FuzzedServer, corpus: Corpus, count: number): Promise<string[]> {
  const random = seeded(11);
  for (let index = 0; index < count; index++) {
    const { bytes } = corpus.pick(random);
    const headers = { 'Content-Type': 'application/dicom' };
    await ask({ method: 'POST', path: '/dicom-web/studies', headers, body: bytes });
  }
  const { bytes } = await ask({ path: '/dicom-web/instances' });
  return (JSON.parse(bytes.toString()) as DataSet[])
    .map((item) => ['0020000D', '0020000E', '00080018'].map((tag) => item[tag]?.Value?.[0] as string))
    .sort()
    .map(([study, series, uid]) => `/studies/${study}/series/${series}/instances/${uid}`);
}
