import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { until } from '../../src/base/testing/until.js';
import { askAfresh, type Answered, type Asking } from '../testing/ask-afresh.js';
import { instancePath, sha256, type InstanceIds } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { openRaw, rawRequest } from '../testing/raw-request.js';
import { type RunningServer, startServer } from '../testing/server.js';

const ROUNDS = 50;
const study = newUid();
const someIds = (): InstanceIds => ({ study, series: newUid(), instance: newUid() });
const slice = ({ series, instance }: InstanceIds): Buffer =>
  ctSlice({ StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUID: instance }, { size: 32 });

let server: RunningServer;
beforeAll(async () => {
  // All that is read comes from the owner.
  server = await startServer({ env: { READERS: '2', CACHE_BYTES: '0' } });
});
afterAll(() => server.stop());

const ask = (url: string, { headers, ...asking }: Asking = {}): Promise<Answered> =>
  askAfresh(`${server.url}${url}`, { headers: { ...server.authorization, ...headers }, ...asking });
const store = (body: Buffer, asking: Asking = {}): Promise<Answered> =>
  ask('/dicom-web/studies', { method: 'POST', headers: { 'Content-Type': 'application/dicom' }, body, ...asking });
const head = (length: string): string =>
  `POST /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${server.authorization.Authorization}\r\n` +
  `Content-Type: application/dicom\r\n${length}\r\n`;

describe('A server with readers', () => {
  it('finds by each connection what was stored, and what was retired by none, as soon as the answer has come', async () => {
    const agents = Array.from({ length: 8 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
    const everywhere = (work: (agent: Agent) => Promise<unknown>): Promise<unknown[]> => Promise.all(agents.map(work));
    for (let round = 0; round < ROUNDS; round++) {
      const ids = someIds();
      const file = slice(ids);
      expect((await store(file, { agent: agents[round % 8] })).status).toBe(200);
      const found = await everywhere(async (agent) => {
        const search = await ask(`/dicom-web/instances?SOPInstanceUID=${ids.instance}`, { agent });
        const whole = await ask(instancePath(ids), { agent, headers: { Accept: 'application/dicom' } });
        return [search.headers['x-total-count'], whole.status, sha256(whole.body)].join(' ');
      });
      expect([...new Set(found)]).toEqual([`1 200 ${sha256(file)}`]);
      if (round % 5 > 0) continue;
      expect((await ask(instancePath(ids), { method: 'DELETE', agent: agents[round % 8] })).status).toBe(204);
      const left = await everywhere(async (agent) => {
        const search = await ask(`/dicom-web/instances?SOPInstanceUID=${ids.instance}`, { agent });
        const parts = ['', '/metadata', '/frames/1', '/rendered'].map((part) => instancePath(ids) + part);
        const statuses = await Promise.all(parts.map(async (url) => (await ask(url)).status));
        return [search.headers['x-total-count'], ...statuses].join(' ');
      });
      expect([...new Set(left)]).toEqual(['0 410 410 410 410']);
    }
    for (const agent of agents) agent.destroy();
  }, 120_000);

  it('takes a body in chunks, and one that waits to be asked for', async () => {
    for (const expects of ['', 'Expect: 100-continue\r\n']) {
      const ids = someIds();
      const file = slice(ids);
      const socket = await openRaw(server.url);
      let answer = '';
      socket.on('data', (bytes: Buffer) => (answer += bytes.toString('latin1')));
      socket.write(head(`Transfer-Encoding: chunked\r\nConnection: close\r\n${expects}`));
      if (expects !== '') await until('to be asked for it', () => answer.startsWith('HTTP/1.1 100 Continue\r\n\r\n'));
      for (let at = 0; at < file.length; at += 1000) {
        const chunk = file.subarray(at, at + 1000);
        socket.write(`${chunk.length.toString(16)}\r\n`);
        socket.write(chunk);
        socket.write('\r\n');
      }
      socket.write('0\r\n\r\n');
      await once(socket, 'close');
      expect(answer).toContain('HTTP/1.1 200 OK');
      const whole = await ask(instancePath(ids), { headers: { Accept: 'application/dicom' } });
      expect(sha256(whole.body)).toBe(sha256(file));
    }
  });

  it('keeps nothing of a body that is cut off, and answers all others', async () => {
    for (const bytes of [200, 1000]) {
      const ids = someIds();
      const file = slice(ids);
      const socket = await openRaw(server.url);
      socket.write(head(`Content-Length: ${file.length}\r\n`));
      socket.write(file.subarray(0, bytes));
      await until('it to come', () => socket.bytesWritten > bytes);
      socket.destroy();
      expect((await ask(instancePath(ids))).status).toBe(404);
      // Nothing of it is in the way of the whole.
      expect((await store(file)).status).toBe(200);
    }
  });

  it('refuses a body that is announced too large before it has come', async () => {
    expect(await rawRequest(server.url, head('Content-Length: 99999999999\r\n'))).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('answers reads and stores of one connection in their order', async () => {
    const all = Array.from({ length: 4 }, someIds);
    const requests = all.flatMap((ids) => {
      const file = slice(ids);
      const read = `GET ${instancePath(ids)}/metadata HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${server.authorization.Authorization}\r\n`;
      return [Buffer.from(head(`Content-Length: ${file.length}\r\n`)), file, Buffer.from(`${read}\r\n`)];
    });
    const last = Buffer.from('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    const answer = await rawRequest(server.url, Buffer.concat([...requests, last]), () => false);
    const bodies = answer.split(/HTTP\/1\.1 /).slice(1);
    expect(bodies).toHaveLength(9);
    all.forEach(({ instance }, index) => {
      // A store in the row has been answered when what comes after it is, and that may have been asked for earlier.
      expect(bodies[2 * index]).toMatch(/^200 OK/);
      expect(bodies[2 * index]).toContain(instance);
      expect(bodies[2 * index + 1]).toMatch(/^(200|404) /);
    });
  });
});
