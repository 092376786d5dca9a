// The same through the archive: STOW-RS of single objects, WADO-RS of single instances.
import { Agent, request } from 'undici';

const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, connections: 64 });

/** Seconds from the first request to the last answer, each of which says that its object is sealed. */
export async function stow(url, images, inFlight) {
  return inTurn(images, inFlight, async ({ bytes }) => {
    const headers = { 'content-type': 'application/dicom', accept: 'application/dicom+json' };
    const answer = await request(`${url}/dicom-web/studies`, { method: 'POST', headers, body: bytes, dispatcher });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`STOW answered ${answer.statusCode}: ${text}`);
  });
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
