// Image files into a site, through its server.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { ofSite } from './folders.mjs';

const mediaTypes = { '.jpg': 'image/jpeg', '.jpeg': 'image/jpeg', '.png': 'image/png', '.dcm': 'application/dicom' };
const inFlight = 8;
const settleTimeoutMs = 120_000;
const dispatcher = new Agent({ headersTimeout: 0, bodyTimeout: 0, connections: inFlight });

/** Images of a folder and the folders in it, by name. */
export function imagesOf(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => mediaTypes[path.extname(name).toLowerCase()] !== undefined)
    .sort()
    .map((name) => path.join(folder, name));
}

/** Returns the bytes of those that were stored, and how many were refused or there already. */
export async function storeFiles(url, files) {
  const waiting = files.map((file, i) => ({ file, PatientID: `P${i}` }));
  const sum = { byteCount: 0, stored: 0, leftOut: 0 };
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const bytes = readFileSync(next.file);
      const isStored = await store(url, { ...next, bytes });
      if (isStored) sum.byteCount += bytes.length;
      sum[isStored ? 'stored' : 'leftOut'] += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return sum;
}

async function store(url, { file, PatientID, bytes }) {
  const type = mediaTypes[path.extname(file).toLowerCase()];
  const parameters =
    type === 'application/dicom' ? '' : `?${new URLSearchParams({ PatientID, fileName: path.basename(file) })}`;
  const { statusCode, headers, body } = await request(`${url}/dicom-web/studies${parameters}`, {
    method: 'POST',
    headers: { 'content-type': type, accept: 'application/dicom+json' },
    body: bytes,
    dispatcher,
  });
  await body.dump();
  return statusCode === 200 && headers['x-already-stored'] === undefined;
}

/** Resolves when nothing has to be sent again any more: spool and outbox of each site are empty. */
export async function untilSettled(dataFolders) {
  const until = Date.now() + settleTimeoutMs;
  for (const folder of dataFolders)
    for (;;) {
      const { spool, outbox } = ofSite(folder);
      if (spool + outbox === 0) break;
      if (Date.now() > until) throw new Error(`${folder} has ${spool + outbox} bytes on their way after 2 minutes.`);
      await delay(250);
    }
}
