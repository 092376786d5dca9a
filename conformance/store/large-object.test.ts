import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomFillSync } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bytesOf, get, instancePath, stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { EXTENT_BYTES } from '../../src/pieces/extent-cache.js';
import { until } from '../../src/base/testing/until.js';

const dataFolder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-large-'));
const cacheFolder = path.join(dataFolder, 'cache');

const [size, frames] = [256, 24];
const frameBytes = size * size * 2;
const ids = { study: newUid(), series: newUid(), instance: newUid() };
const file = ctSlice(
  { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance },
  { size, frames },
);
// Noise, which lies on the chain as it is: there is one piece for 30 KB.
randomFillSync(file, file.length - frames * frameBytes);
const frameOf = (number: number) =>
  file.subarray(file.length - (frames - number + 1) * frameBytes).subarray(0, frameBytes);

/** Everything that was read from the chain is there. */
const cachedBytes = () =>
  readdirSync(cacheFolder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.tmp'))
    .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);

describe('A multi-frame object of many pieces', () => {
  let server: RunningServer;
  beforeAll(async () => {
    server = await startServer({ dataFolder });
    expect((await stowSingle(server.url, file)).status).toBe(200);
    await server.stop();
    rmSync(cacheFolder, { recursive: true, force: true });
    server = await startServer({ dataFolder });
  });
  afterAll(async () => {
    await server.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  });

  it('is searched, described and previewed without a piece of it', async () => {
    const instance = server.url + instancePath(ids);
    for (const url of [`${server.url}/dicom-web/instances`, `${instance}/metadata`, `${instance}/thumbnail`]) {
      const response = await get(url);
      expect(response.status).toBe(200);
      await bytesOf(response);
    }
    expect(cachedBytes()).toBe(0);
  });

  it('gives a frame of its middle from the extents that hold it alone', async () => {
    const url = `${server.url}${instancePath(ids)}/frames/13`;
    const response = await get(url, 'application/octet-stream; transfer-syntax=*');
    expect(response.status).toBe(200);
    expect((await bytesOf(response)).equals(frameOf(13))).toBe(true);
    await until('a frame in the cache', async () => cachedBytes() >= frameBytes);
    expect(cachedBytes()).toBeLessThanOrEqual(frameBytes + 2 * EXTENT_BYTES);
  });
});
