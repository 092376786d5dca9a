// The requests, as a client makes them; each checks its answer.
import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { Agent, fetch } from 'undici';
import { readMultipart } from '../../dist/http/message/multipart.js';

/** Nothing here is cut off by a time of its own: the server's are what counts. */
const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0 });
const inFlight = 8;

export function client(url) {
  const root = `${url}/dicom-web`;
  const ask = async (path, { accept, status = 200, ...init } = {}) => {
    const headers = { ...init.headers, ...(accept && { Accept: accept }) };
    const answer = await fetch(`${root}${path}`, { ...init, headers, dispatcher });
    if (answer.status === status) return answer;
    throw new Error(
      `${init.method ?? 'GET'} ${path} answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`,
    );
  };
  const post = async (path, type, body) =>
    (await ask(path, { method: 'POST', headers: { 'Content-Type': type }, body })).arrayBuffer();

  return {
    json: async (path) => (await ask(path)).json(),
    postFile: async (file) => post('/studies', 'application/dicom', await openAsBlob(file)),
    postDicom: (bytes) => post('/studies', 'application/dicom', bytes),
    postImage: ({ type, name, bytes }, { PatientID, acquisition }) =>
      post(`/studies?${new URLSearchParams({ PatientID, acquisition, fileName: name })}`, type, bytes),
    bytes: async (path, accept) => Buffer.from(await (await ask(path, { accept })).arrayBuffer()),
    /** Reads to the end and keeps nothing. */
    digest: async (path, accept) => digestOf((await ask(path, { accept })).body),
    /** The digest of each part by the last component of its Content-Location. */
    partDigests: async (path, accept) => {
      const answer = await ask(path, { accept });
      const boundary = /boundary="?([^";]+)/.exec(answer.headers.get('content-type'))[1];
      const found = new Map();
      for await (const { headers, body } of readMultipart(buffers(answer.body), { boundary }))
        found.set(headers.get('content-location').split('/').at(-1), (await digestOf(body)).sha256);
      return found;
    },
  };
}

/** Runs `work` for 0 … count-1, eight at a time. */
export async function inLanes(count, work) {
  let next = 0;
  const lane = async () => {
    for (let i = next++; i < count; i = next++) await work(i);
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}

export function requireEqual(what, found, expected) {
  if (found !== expected) throw new Error(`${what} is ${found}, not ${expected}.`);
}

async function digestOf(stream) {
  const hash = createHash('sha256');
  let byteCount = 0;
  for await (const chunk of stream) {
    hash.update(chunk);
    byteCount += chunk.length;
  }
  return { sha256: hash.digest('hex'), byteCount };
}

async function* buffers(stream) {
  for await (const chunk of stream) yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
}
