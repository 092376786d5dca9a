import { type DataSet, bytesOf, get, sha256 } from '../../testing/dicomweb-client.js';

/** What a user of one site sees of one study. */
export interface SeenStudy {
  name: unknown;
  patientId: unknown;
  birthDate: unknown;
  description: unknown;
  modalities: unknown;
  seriesCount: unknown;
  instanceCount: unknown;
  /** By SOP Instance UID, ascending: availability, and SHA-256 of the thumbnail. */
  instances: Record<string, { availability: unknown; thumbnail: string }>;
  /** Whether searches by the patient's name and by its ID find the study. */
  foundByName: boolean;
  foundByPatientId: boolean;
}

const value = (item: DataSet | undefined, tag: string): unknown => item?.[tag]?.Value?.[0];
const nameIn = (item: DataSet | undefined): unknown =>
  (value(item, '00100010') as { Alphabetic?: string } | undefined)?.Alphabetic;

/** An answer of QIDO-RS; empty for 204. */
export async function search(url: string, path: string): Promise<DataSet[]> {
  const answer = await get(`${url}${path}`);
  if (answer.status === 204) return [];
  if (answer.status !== 200) throw new Error(`${path}: HTTP ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as DataSet[];
}

/** Searches and thumbnails of a study; undefined when it is not found by its UID. `root` is that of the DICOMweb service. */
export async function seenStudy(
  url: string,
  study: string,
  { root = '/dicom-web' }: { root?: string } = {},
): Promise<SeenStudy | undefined> {
  const fields = 'includefield=00081030&includefield=00100030';
  const [found, more] = await search(url, `${root}/studies?StudyInstanceUID=${study}&${fields}`);
  if (more !== undefined) throw new Error(`Two studies have the UID ${study}.`);
  if (found === undefined) return undefined;
  const name = nameIn(found);
  const patientId = value(found, '00100020');
  const finds = async (query: string): Promise<boolean> =>
    (await search(url, `${root}/studies?${query}`)).some((item) => value(item, '0020000D') === study);
  const instances: SeenStudy['instances'] = {};
  for (const item of await search(url, `${root}/studies/${study}/instances`)) {
    const [series, instance] = [value(item, '0020000E'), value(item, '00080018')] as [string, string];
    const thumbnail = await get(`${url}${root}/studies/${study}/series/${series}/instances/${instance}/thumbnail`);
    instances[instance] = {
      availability: value(item, '00080056'),
      thumbnail: thumbnail.status === 200 ? sha256(await bytesOf(thumbnail)) : `HTTP ${thumbnail.status}`,
    };
  }
  return {
    name,
    patientId,
    birthDate: value(found, '00100030'),
    description: value(found, '00081030'),
    modalities: found['00080061']?.Value,
    seriesCount: value(found, '00201206'),
    instanceCount: value(found, '00201208'),
    instances: Object.fromEntries(Object.entries(instances).sort()),
    foundByName: await finds(`PatientName=${encodeURIComponent(`${String(name).split('^')[0]}*`)}`),
    foundByPatientId: await finds(`PatientID=${encodeURIComponent(String(patientId))}`),
  };
}
