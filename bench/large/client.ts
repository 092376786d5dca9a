import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { type BodyInit, fetch, type RequestInit, type Response } from 'undici';
import { openAgent } from '../open-agent.js';
import { readMultipart } from '../../src/http/message/read-multipart.js';
import type { ImageFile } from './objects.js';

/** Nothing here is cut off by a time of its own: the server's are what counts. */
const dispatcher = openAgent();

export interface Digest {
  /** Hex. */
  sha256: string;
  byteCount: number;
}

/** The requests, as a client makes them; paths are below the root of DICOMweb. Each throws when its answer is not 200. */
export interface Client {
  /** The answer's JSON, whose type the caller knows. */
  json<T>(path: string): Promise<T>;
  postFile(file: string): Promise<unknown>;
  postDicom(bytes: Buffer): Promise<unknown>;
  postImage(image: ImageFile, of: { PatientID: string; acquisition: string }): Promise<unknown>;
  bytes(path: string, accept: string): Promise<Buffer>;
  /** Reads to the end and keeps nothing. */
  digest(path: string, accept: string): Promise<Digest>;
  /** The digest of each part by the last component of its Content-Location. */
  partDigests(path: string, accept: string): Promise<Map<string, string>>;
}

export function client(url: string): Client {
  const root = `${url}/dicom-web`;
  const ask = async (path: string, headers: Record<string, string> = {}, init: RequestInit = {}): Promise<Response> => {
    const answer = await fetch(`${root}${path}`, { ...init, headers, dispatcher });
    if (answer.status === 200) return answer;
    throw new Error(
      `${init.method ?? 'GET'} ${path} answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`,
    );
  };
  const post = async (path: string, type: string, body: BodyInit): Promise<unknown> =>
    (await ask(path, { 'Content-Type': type }, { method: 'POST', body })).arrayBuffer();

  return {
    json: async <T>(path: string) => (await (await ask(path)).json()) as T,
    postFile: async (file) => post('/studies', 'application/dicom', await openAsBlob(file)),
    postDicom: (bytes) => post('/studies', 'application/dicom', bytes),
    postImage: ({ type, name, bytes }, { PatientID, acquisition }) =>
      post(`/studies?${new URLSearchParams({ PatientID, acquisition, fileName: name }).toString()}`, type, bytes),
    bytes: async (path, accept) => Buffer.from(await (await ask(path, { Accept: accept })).arrayBuffer()),
    digest: async (path, accept) => digestOf(buffers(await ask(path, { Accept: accept }))),
    partDigests: async (path, accept) => {
      const answer = await ask(path, { Accept: accept });
      const boundary = /boundary="?([^";]+)/.exec(answer.headers.get('content-type') ?? '')?.[1] ?? '';
      const found = new Map<string, string>();
      for await (const { headers, body } of readMultipart(buffers(answer), { boundary })) {
        const name = headers.get('content-location')?.split('/').at(-1) ?? '';
        found.set(name, (await digestOf(body as AsyncIterable<Buffer>)).sha256);
      }
      return found;
    },
  };
}

/** Throws when what was found is not what was expected. */
export function requireEqual<T extends string | number | undefined>(what: string, found: T, expected: T): void {
  if (found !== expected) throw new Error(`${what} is ${found}, not ${expected}.`);
}

async function digestOf(stream: AsyncIterable<Buffer>): Promise<Digest> {
  const hash = createHash('sha256');
  let byteCount = 0;
  for await (const chunk of stream) {
    hash.update(chunk);
    byteCount += chunk.length;
  }
  return { sha256: hash.digest('hex'), byteCount };
}

async function* buffers({ body }: Response): AsyncGenerator<Buffer> {
  for await (const chunk of body as AsyncIterable<Uint8Array>)
    yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
}
