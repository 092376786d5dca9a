import { multipartBody } from '../conformance/testing/dicomweb-client.js';
import { request } from 'undici';
import { openAgent } from './open-agent.js';
import { inLanes } from './in-lanes.js';
import type { InstanceUids } from './part10-head.js';

/** A Part 10 file and whose it is. */
export interface Image extends InstanceUids {
  bytes: Buffer;
}

const BOUNDARY = 'objects-of-noise';
const dispatcher = openAgent({ connections: 64 });

/** STOW-RS of `perRequest` objects a request: seconds from the first request to the last answer, each of which says that all its objects are sealed. */
export async function stow(
  url: string,
  images: readonly Image[],
  { inFlight, perRequest }: { inFlight: number; perRequest: number },
): Promise<number> {
  const requests: { type: string; body: Buffer }[] = [];
  for (let from = 0; from < images.length; from += perRequest)
    requests.push(requestOf(images.slice(from, from + perRequest)));
  return secondsOf(requests, inFlight, async ({ type, body }) => {
    const headers = { 'content-type': type, accept: 'application/dicom+json' };
    const answer = await request(`${url}/dicom-web/studies`, { method: 'POST', headers, body, dispatcher });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`STOW answered ${answer.statusCode}: ${text}`);
  });
}

function requestOf(images: readonly Image[]): { type: string; body: Buffer } {
  const [first] = images;
  if (first && images.length === 1) return { type: 'application/dicom', body: first.bytes };
  return {
    type: `multipart/related; type="application/dicom"; boundary=${BOUNDARY}`,
    body: multipartBody(
      images.map(({ bytes }) => bytes),
      { boundary: BOUNDARY },
    ),
  };
}

/** WADO-RS of single instances: seconds from the first request to the last byte. */
export async function wado(url: string, images: readonly Image[], inFlight: number): Promise<number> {
  return secondsOf(images, inFlight, async ({ study, series, instance, bytes }) => {
    const path = `/dicom-web/studies/${study}/series/${series}/instances/${instance}`;
    const headers = { accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' };
    const answer = await request(url + path, { headers, dispatcher });
    let byteCount = 0;
    for await (const some of answer.body) byteCount += (some as Buffer).length;
    if (answer.statusCode !== 200 || byteCount < bytes.length)
      throw new Error(`WADO answered ${answer.statusCode} with ${byteCount} bytes.`);
  });
}

async function secondsOf<T>(items: readonly T[], inFlight: number, act: (item: T) => Promise<void>): Promise<number> {
  const begun = performance.now();
  await inLanes(items.length, async (i) => act(items[i]!), inFlight);
  return (performance.now() - begun) / 1000;
}
