import { createHash } from 'node:crypto';

const requestTimeoutMs = 20_000;
const storedBytes = 'application/dicom; transfer-syntax=*';

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

const uid = (item, tag) => item[tag]?.Value?.[0];

function ask(url, { headers, ...options } = {}) {
  return fetch(url, { ...options, headers: headers ?? {}, signal: AbortSignal.timeout(requestTimeoutMs) });
}

/** STOW-RS of several images. Returns the SOP Instance UIDs that the answer calls stored and the reasons of the others. */
export async function stow(url, images) {
  const body = Buffer.concat([
    ...images.flatMap(({ bytes }) => [
      Buffer.from('--part\r\nContent-Type: application/dicom\r\n\r\n'),
      bytes,
      Buffer.from('\r\n'),
    ]),
    Buffer.from('--part--\r\n'),
  ]);
  const headers = { 'Content-Type': 'multipart/related; type="application/dicom"; boundary=part' };
  const answer = await ask(`${url}/dicom-web/studies`, { method: 'POST', headers, body });
  const text = await answer.text();
  if (![200, 202, 409].includes(answer.status)) return { stored: [], reasons: [`HTTP ${answer.status}`] };
  const module = JSON.parse(text);
  const items = (tag) => module[tag]?.Value ?? [];
  return {
    stored: items('00081199').map((item) => uid(item, '00081155')),
    reasons: [...items('00081198'), ...items('0008119A')].map((item) => `0x${uid(item, '00081197').toString(16)}`),
  };
}

/** The instances of a study by QIDO-RS, each with its availability. Throws when the server gives no list. */
export async function instancesOf(url, StudyInstanceUID) {
  const answer = await ask(`${url}/dicom-web/studies/${StudyInstanceUID}/instances`);
  if (answer.status !== 200) throw new Error(`QIDO answers ${answer.status}.`);
  const found = await answer.json();
  return found.map((item) => ({
    SOPInstanceUID: uid(item, '00080018'),
    isOnline: uid(item, '00080056') === 'ONLINE',
  }));
}

const pathOf = ({ StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID }) =>
  `/dicom-web/studies/${StudyInstanceUID}/series/${SeriesInstanceUID}/instances/${SOPInstanceUID}`;

/** The stored bytes' digest, or the status of the answer that has none. Throws when the answer breaks off. */
export async function retrieve(url, image) {
  const answer = await ask(`${url}${pathOf(image)}`, { headers: { Accept: storedBytes } });
  const bytes = Buffer.from(await answer.arrayBuffer());
  return answer.status === 200 ? { status: 200, sha256: sha256(bytes) } : { status: answer.status };
}

/** The digest of the thumbnail, or undefined. */
export async function thumbnail(url, image) {
  const answer = await ask(`${url}${pathOf(image)}/thumbnail`);
  const bytes = Buffer.from(await answer.arrayBuffer());
  return answer.status === 200 ? sha256(bytes) : undefined;
}

export async function text(url) {
  const answer = await ask(url);
  if (answer.status !== 200) throw new Error(`${url} answers ${answer.status}.`);
  return answer.text();
}
