import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { statSync } from 'node:fs';
import path from 'node:path';
import { bytesOf, get, instancePath, sha256, storedSingle, stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { until } from '../../src/base/testing/until.js';

const slice = (size: number) => {
  const ids = { study: newUid(), series: newUid(), instance: newUid() };
  const uids = { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance };
  const file = ctSlice(uids, { size });
  // Noise: all else gets much smaller on the chain.
  return { ids, file: randomFillSync(file, file.length - 2 * size * size) };
};
const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0;

let server: RunningServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

/** Files of the server cannot grow beyond so many bytes, as on a disk that is full. */
function limitFiles(byteCount: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(server.pid), `--fsize=${byteCount}:`]);
}

(hasPrlimit || process.env['CI'] ? describe : describe.skip)('A chain that cannot write its blocks', () => {
  it('stops storing with a sentence, goes on reading, and goes on by itself once it can write', async () => {
    const before = slice(800);
    const waiting = slice(400);
    expect((await stowSingle(server.url, before.file)).status).toBe(200);
    limitFiles(statSync(path.join(server.dataFolder, 'chain', 'bodies')).size + 1000);

    const answer = stowSingle(server.url, waiting.file);
    await until('/readyz to say that the disk is full', async () => (await get(`${server.url}/readyz`)).status === 503);
    const { reasons } = (await (await get(`${server.url}/readyz`)).json()) as { reasons: string[] };
    expect(reasons).toEqual([expect.stringMatching(/^Block \d+ of the embedded chain cannot be made: .*DATA_DIR/)]);
    const refused = await stowSingle(server.url, slice(32).file);
    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([503, '5']);
    expect(await refused.json()).toMatchObject({ code: 'unavailable', detail: reasons[0] });
    const read = await get(`${server.url}${instancePath(before.ids)}`, storedSingle);
    expect(sha256(await bytesOf(read))).toBe(sha256(before.file));

    limitFiles('unlimited');
    await until('/readyz to be well again', async () => (await get(`${server.url}/readyz`)).ok);
    expect((await answer).status).toBe(200);
    const back = await get(`${server.url}${instancePath(waiting.ids)}`, storedSingle);
    expect(sha256(await bytesOf(back))).toBe(sha256(waiting.file));
    const told = server.output().match(/"alarm":"chain-stalled".*/g) ?? [];
    expect(told).toEqual([expect.stringContaining('cannot be made'), expect.stringContaining('is over')]);
  });
});
