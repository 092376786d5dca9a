import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { accountOf } from '../../src/ledger/keys/sign.js';
import { runCommand } from '../testing/command-line.js';
import { bytesOf, get, instancePath, sha256, storedSingle, stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';

let server: RunningServer;
const ids = { study: newUid(), series: newUid(), instance: newUid() };
const uids = { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance };
const file = ctSlice(uids);

beforeAll(async () => {
  server = await startServer();
  expect((await stowSingle(server.url, file)).status).toBe(200);
});
afterAll(() => server.stop());

const post = async (path: string): Promise<number> => (await fetch(`${server.url}${path}`, { method: 'POST' })).status;
const found = (): Promise<Response> => get(`${server.url}${instancePath(ids)}`, storedSingle);
const retire = (): Promise<Response> => fetch(`${server.url}${instancePath(ids)}`, { method: 'DELETE' });
const account = (): string =>
  accountOf(
    Buffer.from(readFileSync(path.join(server.dataFolder, 'site.key'), 'utf8').trim().replace(/^0x/, ''), 'hex'),
  );

describe('What was retired', () => {
  it('is given again, byte by byte, once it is restored', async () => {
    expect(await post(`/ledger/instances/${ids.instance}/restore`)).toBe(409);
    expect((await retire()).status).toBe(204);
    expect((await found()).status).toBe(410);
    expect(await post(`/ledger/instances/${ids.instance}/restore`)).toBe(204);
    const answer = await found();
    expect([answer.status, sha256(await bytesOf(answer))]).toEqual([200, sha256(file)]);
  });

  it('by an account is listed, and restored by a command', async () => {
    expect((await retire()).status).toBe(204);
    const retired = async (query: string): Promise<unknown> =>
      (await fetch(`${server.url}/ledger/retired?by=${account()}${query}`)).json();
    expect(await retired('')).toEqual({ images: [expect.stringMatching(/^0x[0-9a-f]{64}$/)] });
    expect(await retired('&since=2020-01-01T00:00Z')).toEqual(await retired(''));
    expect(await retired('&since=2100-01-01T00:00Z')).toEqual({ images: [] });
    const since = new Date(Date.now() - 3_600_000).toISOString();
    const { stdout } = await runCommand(['restore', '--by', account(), '--since', since, '--url', server.url]);
    expect(stdout).toBe(`1 of 1 images that ${account()} had retired are restored.\n`);
    expect((await found()).status).toBe(200);
    expect(await retired('')).toEqual({ images: [] });
  });

  it('is refused where it is not there, and where nothing is said right', async () => {
    expect(await post(`/ledger/instances/${newUid()}/restore`)).toBe(404);
    expect(await post(`/ledger/images/0x${'ab'.repeat(32)}/restore`)).toBe(404);
    expect(await post('/ledger/images/0x12/restore')).toBe(400);
    expect((await get(`${server.url}/ledger/retired`)).status).toBe(400);
    expect((await get(`${server.url}/ledger/retired?by=${account()}&since=yesterday`)).status).toBe(400);
    const { code, stderr } = await runCommand(['restore', '--url', server.url]);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/Say which: a SOP Instance UID, or --by/)]);
  });
});
