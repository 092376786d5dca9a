import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { until } from '../../src/base/testing/until.js';
import { childrenOf } from '../testing/children-of.js';
import { bytesOf, get, instancePath, sha256, storedSingle, stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';

const [study, series] = [newUid(), newUid()];
const slices = Array.from({ length: 6 }, (_, number) => {
  const instance = newUid();
  const uids = { StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUID: instance };
  const file = ctSlice({ ...uids, InstanceNumber: String(number + 1) }, { size: 100 + number });
  return { file, url: instancePath({ study, series, instance }), digest: sha256(file) };
});

const isThere = (pid: number): boolean => {
  try {
    return !/^.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

describe('A server with two readers', () => {
  let server: RunningServer;
  /** A request has a connection of its own, so that readers take turns. */
  const ask = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${server.url}${path}`, { headers: { ...server.authorization, Connection: 'close', ...headers } });
  const readers = async (): Promise<number[]> =>
    until('two readers', async () => (childrenOf(server.pid).length === 2 ? childrenOf(server.pid) : undefined));

  beforeAll(async () => {
    server = await startServer({ env: { READERS: '2' } });
    await readers();
    for (const { file } of slices) expect((await stowSingle(server.url, file)).status).toBe(200);
  });
  afterAll(() => server.stop());

  it('gives what was stored, in ranges too, and 304 to whoever has it, whichever answers', async () => {
    for (const { url, file, digest } of [...slices, ...slices]) {
      const whole = await ask(url, { Accept: storedSingle });
      expect([whole.status, sha256(await bytesOf(whole))]).toEqual([200, digest]);
      const part = await ask(url, { Accept: storedSingle, Range: 'bytes=128-131' });
      expect([part.status, (await bytesOf(part)).toString()]).toEqual([206, 'DICM']);
      const known = { Accept: storedSingle, 'If-None-Match': String(whole.headers.get('etag')) };
      expect((await ask(url, known)).status).toBe(304);
      const beyond = await ask(url, { Accept: storedSingle, Range: `bytes=${file.length}-` });
      expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${file.length}`]);
    }
  });

  it('lets nobody in who would not be let in without them', async () => {
    for (const path of ['/dicom-web/studies', slices[0]!.url, '/wado?requestType=WADO'])
      expect((await ask(path, { Authorization: 'Bearer nonsense' })).status).toBe(401);
    const forged = { Authorization: 'Bearer nonsense', 'x-dicom-ledger-go': 'e30' };
    expect((await ask('/dicom-web/studies', forged)).status).toBe(401);
  });

  it('replaces one that is killed, and gives no false byte meanwhile', async () => {
    const [first] = await readers();
    process.kill(first!, 'SIGKILL');
    for (let round = 0; round < 3; round++)
      for (const { url, digest } of slices) {
        const response = await ask(url, { Accept: storedSingle }).catch(() => undefined);
        if (response) expect([response.status, sha256(await bytesOf(response))]).toEqual([200, digest]);
      }
    expect(await readers()).not.toContain(first);
  });

  it('has retired an instance for all when the answer comes', async () => {
    const { url } = slices[1]!;
    const retired = await fetch(`${server.url}${url}`, { method: 'DELETE', headers: server.authorization });
    expect(retired.status).toBe(204);
    for (let times = 0; times < 6; times++) expect((await ask(url)).status).toBe(410);
    const left = await get(`${server.url}/dicom-web/studies/${study}/instances`, 'application/dicom+json');
    expect(await left.json()).toHaveLength(slices.length - 1);
  });

  it('takes its readers with it when it is killed', async () => {
    const before = await readers();
    await server.kill9();
    await until('the readers to end', async () => before.every((pid) => !isThere(pid)) || undefined);
  });
});
