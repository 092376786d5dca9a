// The same through the archive: STOW-RS of one or several objects a request, WADO-RS of single instances.
import { Agent, request } from 'undici';

const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, connections: 64 });

/** Seconds from the first request to the last answer, each of which says that all its objects are sealed. */
export async function stow(url, images, { inFlight, perRequest }) {
  const requests = [];
  for (let from = 0; from < images.length; from += perRequest)
    requests.push(requestOf(images.slice(from, from + perRequest)));
  return inTurn(requests, inFlight, async ({ type, body }) => {
    const headers = { 'content-type': type, accept: 'application/dicom+json' };
    const answer = await request(`${url}/dicom-web/studies`, { method: 'POST', headers, body, dispatcher });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`STOW answered ${answer.statusCode}: ${text}`);
  });
}

function requestOf(images) {
  if (images.length === 1) return { type: 'application/dicom', body: images[0].bytes };
  const boundary = 'objects-of-noise';
  const parts = images.flatMap(({ bytes }) => [
    Buffer.from(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`),
    bytes,
    Buffer.from('\r\n'),
  ]);
  return {
    type: `multipart/related; type="application/dicom"; boundary=${boundary}`,
    body: Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]),
  };
}

/** Seconds from the first request to the last byte. */
export async function wado(url, images, inFlight) {
  return inTurn(images, inFlight, async ({ study, series, instance, bytes }) => {
    const path = `/dicom-web/studies/${study}/series/${series}/instances/${instance}`;
    const headers = { accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' };
    const answer = await request(url + path, { headers, dispatcher });
    let byteCount = 0;
    for await (const some of answer.body) byteCount += some.length;
    if (answer.statusCode !== 200 || byteCount < bytes.length)
      throw new Error(`WADO answered ${answer.statusCode} with ${byteCount} bytes.`);
  });
}

async function inTurn(images, inFlight, act) {
  const waiting = [...images];
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      for (let image = waiting.shift(); image; image = waiting.shift()) await act(image);
    }),
  );
  return (performance.now() - begun) / 1000;
}
