import {
  bytesOf,
  type DataSet,
  instancePath,
  items,
  multipartBody,
  sha256,
  storedSingle,
} from '../testing/dicomweb-client.js';
import { type FaultImage, patientOf } from './random-image.js';

const REQUEST_TIMEOUT_MS = 20_000;
/** Answers with a Store Instances Response Module (PS3.18 §10.5.3). */
const TELLING_STATUSES = [200, 202, 409];

const valueOf = (item: DataSet, tag: string): unknown => item[tag]?.Value?.[0];

function ask(url: string, options: RequestInit = {}): Promise<Response> {
  return fetch(url, { ...options, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
}

/** STOW-RS of several images. Resolves with the SOP Instance UIDs that the answer calls stored and the reasons of the others. */
export async function stow(
  url: string,
  images: readonly FaultImage[],
): Promise<{ stored: string[]; reasons: string[] }> {
  const body = multipartBody(images.map(({ bytes }) => bytes));
  const headers = { 'Content-Type': 'multipart/related; type="application/dicom"; boundary=b-1' };
  const answer = await ask(`${url}/dicom-web/studies`, { method: 'POST', headers, body: new Uint8Array(body) });
  const text = await answer.text();
  if (!TELLING_STATUSES.includes(answer.status)) return { stored: [], reasons: [`HTTP ${answer.status}`] };
  const module = JSON.parse(text) as DataSet;
  return {
    stored: items(module, '00081199').map((item) => valueOf(item, '00081155') as string),
    reasons: [...items(module, '00081198'), ...items(module, '0008119A')].map(
      (item) => `0x${(valueOf(item, '00081197') as number).toString(16)}`,
    ),
  };
}

/** The instances of a round by QIDO-RS, each with its availability. Throws when the server gives no list. */
async function instancesOf(url: string, round: string): Promise<{ SOPInstanceUID: string; isOnline: boolean }[]> {
  const answer = await ask(`${url}/dicom-web/instances?PatientID=${patientOf(round)}`);
  if (answer.status !== 200) throw new Error(`QIDO answers ${answer.status}.`);
  const found = (await answer.json()) as DataSet[];
  return found.map((item) => ({
    SOPInstanceUID: valueOf(item, '00080018') as string,
    isOnline: valueOf(item, '00080056') === 'ONLINE',
  }));
}

/** The UIDs of the instances of a round that QIDO-RS calls ONLINE. Throws when the server gives no list. */
export async function onlineInstancesOf(url: string, round: string): Promise<string[]> {
  const found = await instancesOf(url, round);
  return found.filter(({ isOnline }) => isOnline).map(({ SOPInstanceUID }) => SOPInstanceUID);
}

const urlOf = (url: string, { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID }: FaultImage): string =>
  `${url}${instancePath({ study: StudyInstanceUID, series: SeriesInstanceUID, instance: SOPInstanceUID })}`;

/** The status of an answer, and the digest of its bytes if it is 200. */
export interface Retrieved {
  status: number;
  sha256?: string;
}

/** Retrieves the stored bytes. Throws when the answer breaks off. */
export async function retrieve(url: string, image: FaultImage): Promise<Retrieved> {
  const answer = await ask(urlOf(url, image), { headers: { Accept: storedSingle } });
  const bytes = await bytesOf(answer);
  return answer.status === 200 ? { status: 200, sha256: sha256(bytes) } : { status: answer.status };
}

/** The digest of the thumbnail, or undefined. */
export async function thumbnail(url: string, image: FaultImage): Promise<string | undefined> {
  const answer = await ask(`${urlOf(url, image)}/thumbnail`);
  const bytes = await bytesOf(answer);
  return answer.status === 200 ? sha256(bytes) : undefined;
}

/** The body of an answer that is 200. Throws for every other. */
export async function text(url: string): Promise<string> {
  const answer = await ask(url);
  if (answer.status !== 200) throw new Error(`${url} answers ${answer.status}.`);
  return answer.text();
}
