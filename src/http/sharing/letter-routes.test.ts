import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import http, { type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import request from 'supertest';
import type { Archive } from '../../archive/archive.js';
import type { KnownCard, Letters } from '../../archive/letters/letters.js';
import { auditInMemory } from '../../audit/testing/audit-in-memory.js';
import { deferred } from '../../base/deferred.js';
import { LedgerError } from '../../base/errors.js';
import { until } from '../../base/testing/until.js';
import { createHttpApp } from '../create-http-app.js';
import { httpPartsOver } from '../testing/http-app-over.js';

const MiB = 1024 * 1024;
const ring = { siteId: 1, ringId: Buffer.alloc(16, 0xab) };
const asked: unknown[] = [];
let taking: () => Promise<unknown>;

const card: KnownCard = {
  ...{ siteId: 2, siteName: 'South', url: '', certificatePin: undefined, readerVersion: 2, servers: [] },
  ...{
    publishedBy: `0x${'22'.repeat(20)}`,
    publishedAt: Date.UTC(2026, 10, 28),
    fingerprint: 'AAAA',
    isCompared: false,
  },
  hindrance: 'Nobody has compared it.',
};

/** What the rows ask of letters, and nothing of what letters are. */
const letters: Letters = {
  newCard: async () => ({ siteId: 1, cardKey: Buffer.of(7), livesUntil: 0, url: undefined, certificatePin: undefined, readerVersion: 2, servers: [] }), // prettier-ignore
  cards: async () => [card],
  compare: async (...given) => void asked.push(given),
  meant: async (said) => {
    asked.push(said);
    return { ring, studyKeys: [5n] };
  },
  write: async (letter) => {
    asked.push(letter);
    return Buffer.from('letter');
  },
  take: async (bytes) => {
    asked.push(bytes.length);
    await taking();
    return { from: 2, ring, studyKeys: [5n, 6n] };
  },
  warnings: async () => [],
  close: async () => undefined,
};

const audit = auditInMemory();
const parts = httpPartsOver({} as Archive);
// Whoever comes through the proxy is told apart by what it says of the client.
const app = createHttpApp({ ...parts, audit, letters, config: { ...parts.config, BEHIND_TLS_PROXY: 'on' } });
let server: Server;
let url: string;
beforeAll(async () => {
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  asked.length = 0;
  audit.events.length = 0;
  taking = () => Promise.resolve();
});

/** What tests look at of an answer. */
interface Answered {
  status: number;
  headers: Record<string, string | undefined>;
  body: unknown;
}

const post = (address: string) =>
  request(server)
    .post('/ledger/letters')
    .set('Content-Type', 'application/octet-stream')
    .set('X-Forwarded-For', address);
/** What is written down of letters that were taken in. */
const recorded = () =>
  audit.events.filter(({ detail }) => detail !== undefined).map(({ kind, detail }) => [kind, detail]);

describe('The rows of cards and letters', () => {
  it('answer 501 where there are no rings', async () => {
    const without = createHttpApp(parts);
    for (const [method, path] of [
      ['get', '/ledger/cards'],
      ['post', '/ledger/card'],
      ['post', '/ledger/cards/2/comparison'],
      ['get', '/ledger/letters'],
      ['post', '/ledger/letters'],
    ] as const) {
      // prettier-ignore
      const answered: Answered = await request(without)[method](path);
      const { status, body } = answered;
      expect([path, status, (body as { detail: string }).detail]).toEqual([path, 501, expect.stringContaining('no rings to share')]); // prettier-ignore
    }
  });

  it('say what stands on cards, and what is to be published', async () => {
    const answered: Answered = await request(server).get('/ledger/cards');
    const { body } = answered;
    expect(body).toEqual([{ ...JSON.parse(JSON.stringify(card)), publishedAt: '2026-11-28T00:00:00.000Z' }]);
    const made: Answered = await request(server).post('/ledger/card');
    expect([made.status, made.body]).toEqual([201, { siteId: 1, cardKey: '0x07', livesUntil: '1970-01-01T00:00:00.000Z', readerVersion: 2, servers: [] }]); // prettier-ignore
  });

  it('hand a fingerprint on, and want one', async () => {
    expect((await request(server).post('/ledger/cards/2/comparison?fingerprint=AB%20CD')).status).toBe(204);
    expect(asked).toEqual([[2, 'AB CD']]);
    for (const path of ['2/comparison', '2/comparison?fingerprint=a&fingerprint=b', 'x/comparison?fingerprint=a'])
      expect((await request(server).post(`/ledger/cards/${path}`)).status).toBe(400);
  });

  it('write the letter that is asked for', async () => {
    const path = `/ledger/letters?to=2&ring=0x${'AB'.repeat(16)}&study=1.2.3&site=1`;
    const answered: Answered = await request(server).get(path);
    const { status, headers, body } = answered;
    expect([status, headers['content-type'], String(body)]).toEqual([200, 'application/octet-stream', 'letter']);
    expect(asked).toEqual([{ siteId: 1, ringId: ring.ringId, StudyInstanceUID: '1.2.3' }, { to: 2, ring, studyKeys: [5n] }]); // prettier-ignore
    for (const query of ['', '?to=0', '?to=2&ring=ab', '?to=2&site=x', '?to=2&study=a'])
      expect([query, (await request(server).get(`/ledger/letters${query}`)).status]).toEqual([query, 400]);
  });
});

describe('POST /ledger/letters', () => {
  it('takes a letter in without a login, and writes down what it has brought', async () => {
    const anybody = createHttpApp({ ...parts, audit, letters, authenticate: () => Promise.reject(new LedgerError('unauthenticated', 'no')) }); // prettier-ignore
    const answered: Answered = await request(anybody)
      .post('/ledger/letters')
      .set('Content-Type', 'application/octet-stream')
      .send(Buffer.alloc(9));
    const { status, body } = answered;
    expect([status, body]).toEqual([200, { from: 2, site: 1, ring: 'ab'.repeat(16), studyKeys: ['5', '6'] }]);
    expect(recorded()).toEqual([['security', `Site 2 has given keys to 2 studies of the ring ${'ab'.repeat(16)} of site 1.`]]); // prettier-ignore
  });

  it('writes nothing down of one that is refused', async () => {
    taking = () => Promise.reject(new LedgerError('forbidden', 'It is signed by nobody.'));
    const answered: Answered = await post('192.0.2.1').send(Buffer.alloc(9));
    const { status, body } = answered;
    expect([status, (body as { detail: string }).detail]).toEqual([403, 'It is signed by nobody.']);
    expect(recorded()).toEqual([]);
    expect(audit.events.map(({ kind }) => kind)).toEqual(['refused']);
  });

  it('takes bytes alone, as they are, and 16 MiB at most', async () => {
    const send = request(server).post('/ledger/letters');
    expect((await send.set('Content-Type', 'application/json').send('{}')).status).toBe(415);
    expect((await post('192.0.2.1').set('Content-Encoding', 'gzip').send(Buffer.alloc(9))).status).toBe(415);
    expect((await post('192.0.2.1').send(Buffer.alloc(16 * MiB))).status).toBe(200);
    expect((await post('192.0.2.1').send(Buffer.alloc(16 * MiB + 1))).status).toBe(413);
    expect(asked).toEqual([16 * MiB]);
    expect(await chunked(17)).toBe(413);
    expect(asked).toEqual([16 * MiB]);
  });

  it('has one of an address and four of all under way, and one from this machine besides', async () => {
    const held = deferred<void>();
    taking = () => held.promise;
    const first = [1, 2, 3, 4].map((n) => post(`192.0.2.${n}`).send(Buffer.alloc(n)).then(({ status }) => status)); // prettier-ignore
    await until('four letters to be under way', () => asked.length === 4);
    for (const address of ['192.0.2.1', '192.0.2.5']) {
      const answered: Answered = await post(address).send(Buffer.alloc(9));
      const { status, headers } = answered;
      expect([status, headers['retry-after']]).toEqual([503, '5']);
    }
    const own = post('127.0.0.1').send(Buffer.alloc(99)).then(({ status }) => status); // prettier-ignore
    await until('that of this machine', () => asked.includes(99));
    held.resolve();
    expect(await Promise.all([...first, own])).toEqual([200, 200, 200, 200, 200]);
    expect((await post('192.0.2.1').send(Buffer.alloc(9))).status).toBe(200);
  });
});

/** The status of so many MiB without a Content-Length. */
async function chunked(count: number): Promise<number> {
  const sent = http.request(`${url}/ledger/letters`, { method: 'POST', headers: { 'Content-Type': 'application/octet-stream' } }); // prettier-ignore
  const answered = once(sent, 'response') as Promise<[http.IncomingMessage]>;
  sent.on('error', () => undefined);
  for (let i = 0; i < count; i++) sent.write(Buffer.alloc(MiB));
  const [response] = await answered;
  response.resume();
  sent.destroy();
  return response.statusCode!;
}
