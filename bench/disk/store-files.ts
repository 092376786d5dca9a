import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { request } from 'undici';
import { openAgent } from '../open-agent.js';
import { until } from '../../src/base/testing/until.js';
import { inLanes } from '../in-lanes.js';
import { ofSite } from './folders.js';

const MEDIA_TYPES: Record<string, string> = {
  ...{ '.jpg': 'image/jpeg', '.jpeg': 'image/jpeg', '.png': 'image/png', '.dcm': 'application/dicom' },
};
const IN_FLIGHT = 8;
const SETTLE_TIMEOUT_MS = 120_000;
const dispatcher = openAgent({ connections: IN_FLIGHT });

/** Images of a folder and the folders in it, by name. */
export function imagesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => mediaTypeOf(name) !== undefined)
    .sort()
    .map((name) => path.join(folder, name));
}

const mediaTypeOf = (name: string): string | undefined => MEDIA_TYPES[path.extname(name).toLowerCase()];

/** Stores image files through a site's server: how many were stored and their bytes, and how many were refused or there already. */
export async function storeFiles(
  url: string,
  files: readonly string[],
): Promise<{ byteCount: number; stored: number; leftOut: number }> {
  const sum = { byteCount: 0, stored: 0, leftOut: 0 };
  await inLanes(
    files.length,
    async (i) => {
      const bytes = readFileSync(files[i]!);
      const isStored = await store(url, { file: files[i]!, PatientID: `P${i}`, bytes });
      if (isStored) sum.byteCount += bytes.length;
      sum[isStored ? 'stored' : 'leftOut'] += 1;
    },
    IN_FLIGHT,
  );
  return sum;
}

async function store(
  url: string,
  { file, PatientID, bytes }: { file: string; PatientID: string; bytes: Buffer },
): Promise<boolean> {
  const type = mediaTypeOf(file);
  const parameters =
    type === 'application/dicom'
      ? ''
      : `?${new URLSearchParams({ PatientID, fileName: path.basename(file) }).toString()}`;
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
export async function untilSettled(dataFolders: readonly string[]): Promise<void> {
  for (const folder of dataFolders)
    await until(
      `spool and outbox of ${folder} to be empty`,
      () => {
        const { spool = 0, outbox = 0 } = ofSite(folder);
        return spool + outbox === 0;
      },
      { timeoutMs: SETTLE_TIMEOUT_MS, pauseMs: 250 },
    );
}
