import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { askAfresh, type Answered } from '../testing/ask-afresh.js';
import { instancePath, stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { openRaw } from '../testing/raw-request.js';
import { type RunningServer, startServer } from '../testing/server.js';

const REQUESTS_PER_MINUTE = 100;
const MAX_CONNECTIONS = 90;
/** What one caller may have under way of what is neither a search nor a store. */
const AT_ONCE = 64;

const [study, series, instance] = [newUid(), newUid(), newUid()];
const uids = { StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUID: instance };
const at = instancePath({ study, series, instance });

let server: RunningServer;
beforeAll(async () => {
  const limits = { REQUESTS_PER_MINUTE: String(REQUESTS_PER_MINUTE), MAX_CONNECTIONS: String(MAX_CONNECTIONS) };
  server = await startServer({ env: { READERS: '2', TRUST_PROXY: '127.0.0.1', ...limits } });
  // More than the buffers between here and there take.
  expect((await stowSingle(server.url, ctSlice(uids, { size: 512, frames: 32 }))).status).toBe(200);
});
afterAll(() => server.stop());

const ask = (url: string, headers: Record<string, string> = {}): Promise<Answered> =>
  askAfresh(`${server.url}${url}`, { headers });
async function newKey(over: object = {}): Promise<Record<string, string>> {
  const made = await fetch(`${server.url}/access/keys`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'a test', permissions: ['read'], ...over }),
  });
  return { Authorization: `Bearer ${((await made.json()) as { key: string }).key}` };
}

describe('A server with readers', () => {
  it('counts the requests of one caller together, whichever reader has them', async () => {
    const [headers, other] = [await newKey(), await newKey()];
    const urls = ['/dicom-web/studies', `${at}/metadata`, `${at}/thumbnail`];
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, client) => {
        const all: Answered[] = [];
        for (let turn = 0; turn < 7; turn++) all.push(await ask(urls[(client + turn) % urls.length]!, headers));
        return all;
      }),
    );
    const refused = answers.flat().filter(({ status }) => status === 429);
    expect(answers.flat().filter(({ status }) => status < 400)).toHaveLength(REQUESTS_PER_MINUTE);
    expect(refused).toHaveLength(140 - REQUESTS_PER_MINUTE);
    for (const answer of refused) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect((await ask('/dicom-web/studies', other)).status).toBe(200);
  });

  it('lets 64 retrievals of one caller run, the next when one ends, and those of another at once', async () => {
    const [headers, other] = [await newKey(), await newKey()];
    const held: Socket[] = [];
    const begin = async (): Promise<Socket> => {
      const socket = (await openRaw(server.url)).on('error', () => undefined);
      const { Authorization } = headers;
      socket.write(
        `GET ${at} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${Authorization}\r\nAccept: application/dicom\r\n\r\n`,
      );
      return socket;
    };
    for (let number = 0; number < AT_ONCE; number++) held.push(await begin());
    // The first bytes of an answer, and no more are read.
    await Promise.all(held.map(async (socket) => once(socket, 'readable')));
    const next = await begin();
    for (let times = 0; times < 10; times++) expect((await ask(`${at}/metadata`, other)).status).toBe(200);
    expect(next.bytesRead).toBe(0);
    held.pop()?.destroy();
    await once(next, 'readable');
    for (const socket of [...held, next]) socket.destroy();
    await until('their turns', async () => (await ask(`${at}/metadata`, headers)).status === 200);
  });

  it('believes its proxy who the client is, by whichever reader it comes', async () => {
    const headers = await newKey({ networks: ['10.0.0.0/8'] });
    const from = (address: string) => ask(`${at}/metadata`, { ...headers, 'X-Forwarded-For': address });
    for (let times = 0; times < 6; times++) {
      expect((await from('10.1.2.3')).status).toBe(200);
      expect((await from('11.1.2.3')).status).toBe(401);
      expect((await ask(`${at}/metadata`, headers)).status).toBe(401);
    }
    const kept = new Database(path.join(server.dataFolder, 'audit.sqlite'), { readonly: true });
    await until('the address in the audit', () => {
      const uses = (kept.prepare('SELECT body FROM open_use').all() as { body: string }[]).map(
        ({ body }) => JSON.parse((JSON.parse(body) as { body: string }).body) as { address: string; count: number },
      );
      return uses.some(({ address, count }) => address === '10.1.2.3' && count === 6);
    });
    kept.close();
  });

  it('counts the wrong logins of one address together', async () => {
    const from = (address: string, number: number) =>
      ask('/dicom-web/studies', { Authorization: `Bearer nonsense-${number}`, 'X-Forwarded-For': address });
    for (let number = 0; number < 30; number++) expect((await from('10.9.9.9', number)).status).toBe(401);
    for (let number = 30; number < 36; number++) expect((await from('10.9.9.9', number)).status).toBe(429);
    expect((await from('10.9.9.8', 0)).status).toBe(401);
  });

  it('has as many connections as it may, and takes others when they end', async () => {
    const open = async (): Promise<Socket> => (await openRaw(server.url)).on('error', () => undefined);
    const closed = (socket: Socket): boolean => socket.closed;
    // Those of this process that wait for another request are among them.
    const first = await Promise.all(Array.from({ length: MAX_CONNECTIONS + 10 }, open));
    await until('the connections beyond to be closed', () => first.filter(closed).length >= 10);
    for (const socket of first) socket.destroy();
    await until('an answer', async () => (await ask('/healthz')).status === 200);
    const next = await Promise.all(Array.from({ length: MAX_CONNECTIONS / 2 }, open));
    expect((await ask('/healthz')).status).toBe(200);
    expect(next.filter(closed)).toEqual([]);
    for (const socket of next) socket.destroy();
  });
});
