import path from 'node:path';
import { expect } from '@jest/globals';
import { until } from '../../../src/base/testing/until.js';
import {
  bytesOf,
  get,
  instancePath,
  sha256,
  stowSingle,
  storedSingle,
  type InstanceIds,
} from '../../testing/dicomweb-client.js';
import { letIn } from '../../testing/let-in.js';
import { ctSlice, newUid } from '../../testing/make-dicom.js';
import { PATIENCE, volumeFolder } from './engine.js';

export interface Made {
  ids: InstanceIds;
  file: Buffer;
}

/** A CT slice that nobody has stored yet. */
export function newSlice(size = 128): Made {
  const ids = { study: newUid(), series: newUid(), instance: newUid() };
  const over = { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance };
  return { ids, file: ctSlice(over, { size }) };
}

/** Resolves when the server at `url` is ready; from then on this process is let in by the token of its volume. */
export async function ready(url: string, volume: string): Promise<void> {
  await until(`${url} to be ready`, async () => (await fetch(`${url}/readyz`)).status === 200, PATIENCE);
  letIn(url, path.join(await volumeFolder(volume), 'local.token'));
}

/** Stores a new slice at `url` and returns it; as clients do, it asks again where the answer is 503 with Retry-After. */
export async function store(url: string, size?: number): Promise<Made> {
  const made = newSlice(size);
  // So a store is answered that waits for 25 s for a chain that stands still: 10 until the alarm, and 15 more.
  const status = await until(
    `${url} to take a slice`,
    async () => {
      const answer = await stowSingle(url, made.file);
      return answer.status === 503 && answer.headers.has('Retry-After') ? undefined : answer.status;
    },
    PATIENCE,
  );
  expect(status).toBe(200);
  return made;
}

/** Resolves when the server at `url` finds a slice by a search, shows its preview, and gives it byte for byte. */
export async function seen(url: string, { ids, file }: Made): Promise<void> {
  const search = `${url}/dicom-web/instances?StudyInstanceUID=${ids.study}&SOPInstanceUID=${ids.instance}`;
  await until(
    `${url} to find a slice`,
    async () => ((await (await get(search)).json()) as unknown[]).length === 1,
    PATIENCE,
  );
  const at = `${url}${instancePath(ids)}`;
  await until(`${url} to have a slice`, async () => (await get(at, storedSingle)).ok, PATIENCE);
  expect(sha256(await bytesOf(await get(at, storedSingle)))).toBe(sha256(file));
  const preview = await get(`${at}/thumbnail`, 'image/jpeg');
  expect(preview.status).toBe(200);
  expect((await bytesOf(preview)).subarray(0, 2).toString('hex')).toBe('ffd8');
}
