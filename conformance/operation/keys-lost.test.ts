import { afterAll, expect, it } from '@jest/globals';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { bytesOf, get, instancePath, sha256, storedSingle, stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';

const parent = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-keys-lost-'));
const [dataFolder, kept] = [path.join(parent, 'data'), path.join(parent, 'kept')];
const keys = path.join(dataFolder, 'keys');
let server: RunningServer | undefined;
afterAll(async () => {
  await server?.stop();
  rmSync(parent, { recursive: true, force: true });
});

const warnings = async (): Promise<string[]> =>
  ((await (await get(`${server!.url}/readyz`)).json()) as { warnings: string[] }).warnings;
const MISSING = /its keys are not in DATA_DIR\/keys/;

it('is told at once when the keys are gone, though the catalogue has read everything before', async () => {
  const ids = { study: newUid(), series: newUid(), instance: newUid() };
  const file = ctSlice({ StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance });
  server = await startServer({ dataFolder });
  expect((await stowSingle(server.url, file)).status).toBe(200);
  await server.stop();

  renameSync(keys, kept);
  rmSync(path.join(dataFolder, 'cache'), { recursive: true, force: true });
  server = await startServer({ dataFolder });
  const url = (): string => `${server!.url}${instancePath(ids)}`;
  expect((await get(url(), storedSingle)).status).toBe(503);
  await until('the alarm', async () => (await warnings()).some((sentence) => MISSING.test(sentence)));
  await server.stop();

  rmSync(keys, { recursive: true });
  renameSync(kept, keys);
  server = await startServer({ dataFolder });
  const found = await get(url(), storedSingle);
  expect([found.status, sha256(await bytesOf(found))]).toEqual([200, sha256(file)]);
});
