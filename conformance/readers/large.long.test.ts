import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { until } from '../../src/base/testing/until.js';
import { askAfresh } from '../testing/ask-afresh.js';
import { childrenOf } from '../testing/children-of.js';
import { bytesOf, instancePath, sha256, storedSingle, stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { openRaw } from '../testing/raw-request.js';
import { type RunningServer, startServer } from '../testing/server.js';

const MiB = 2 ** 20;
/** More of them than a reader has connections to its owner for short questions. */
const SLOW_CLIENTS = 150;

const [study, series] = [newUid(), newUid()];
const slices = Array.from({ length: 4 }, (_, number) => {
  const instance = newUid();
  const uids = { StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUID: instance };
  const file = ctSlice({ ...uids, InstanceNumber: String(number + 1) }, { size: 512, frames: 20 });
  randomFillSync(file, file.length - 10 * MiB);
  return { file, url: instancePath({ study, series, instance }) };
});

describe('A server with readers', () => {
  let server: RunningServer;
  beforeAll(async () => {
    // All that is read comes from the owner.
    server = await startServer({ env: { READERS: '2', CACHE_BYTES: '0' } });
    for (const { file } of slices) expect((await stowSingle(server.url, file)).status).toBe(200);
  });
  afterAll(() => server.stop());

  /** Resident bytes of each reader: now, or the most since its start. */
  const memory = (what: 'VmRSS' | 'VmHWM'): number[] =>
    childrenOf(server.pid).map((pid) => {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      return 1024 * Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)?.[1]);
    });
  /** Connections of readers to the owner, both ends of each. */
  const links = (): number =>
    readFileSync('/proc/net/unix', 'utf8').split(path.join(server.dataFolder, 'readers/owner.sock')).length - 1;

  it('keeps nobody waiting for 150 who take a series of 40 MB slowly, and works no longer for those who go away', async () => {
    const whole = async (): Promise<void> => {
      for (const { url, file } of slices) {
        const headers = { ...server.authorization, Accept: storedSingle };
        const answer = await askAfresh(`${server.url}${url}`, { headers });
        expect([answer.status, sha256(answer.body)]).toEqual([200, sha256(file)]);
      }
    };
    await whole();
    const before = memory('VmRSS');
    const linksBefore = links();
    const slow: Socket[] = [];
    for (let number = 0; number < SLOW_CLIENTS; number++) {
      const socket = (await openRaw(server.url)).on('error', () => undefined);
      socket.write(
        `GET /dicom-web/studies/${study}/series/${series} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${server.authorization.Authorization}\r\n\r\n`,
      );
      slow.push(socket);
    }
    await Promise.all(slow.map(async (socket) => once(socket, 'readable')));
    for (let times = 0; times < 2; times++) await whole();
    const grown = memory('VmHWM').map((bytes, reader) => (bytes - before[reader]!) / MiB);
    // Whole answers would be 6 GB.
    expect(Math.max(...grown)).toBeLessThan(256);
    for (const socket of slow) socket.destroy();
    await until('the readers to work for nobody', () => links() <= linksBefore + 8);
    await whole();
  });

  it('takes 150 MB in bounded memory, and gives them back', async () => {
    const instance = newUid();
    const uids = { StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUID: instance };
    const file = ctSlice(uids, { size: 1024, frames: 75 });
    expect(file.length).toBeGreaterThan(150_000_000);
    const before = memory('VmHWM');
    const asking = request(`${server.url}/dicom-web/studies`, {
      ...{ method: 'POST', agent: false },
      headers: { ...server.authorization, 'Content-Type': 'application/dicom', 'Transfer-Encoding': 'chunked' },
    });
    const answered = once(asking, 'response') as Promise<[IncomingMessage]>;
    await pipeline(function* () {
      for (let at = 0; at < file.length; at += MiB) yield file.subarray(at, at + MiB);
    }, asking);
    const [answer] = await answered;
    answer.resume();
    expect(answer.statusCode).toBe(200);
    const url = `${server.url}${instancePath({ study, series, instance })}`;
    const back = await fetch(url, { headers: { Accept: storedSingle } });
    expect(sha256(await bytesOf(back))).toBe(sha256(file));
    const grown = memory('VmHWM').map((bytes, reader) => (bytes - before[reader]!) / MiB);
    expect(Math.max(...grown)).toBeLessThan(100);
  });
});
