import { describe, expect, it, jest } from '@jest/globals';
import { PassThrough } from 'node:stream';
import pino from 'pino';
import request from 'supertest';
import type { Archive, CatalogInstance } from '../archive/archive.js';
import type { Outcome } from '../archive/outcome.js';
import { silentLog } from '../log.js';
import type { Readiness } from './health.js';
import { createMetrics } from './metrics.js';
import { createHttpApp } from './routes.js';

const record = {
  StudyInstanceUID: '1.2',
  SeriesInstanceUID: '1.3',
  SOPInstanceUID: '1.4',
  SOPClassUID: '1.5',
  state: 'retired',
  siteId: 7,
  imageKey: '0xaa',
  patientKey: '0xbb',
  sha256: 'cc',
  byteCount: 12,
  mediaType: 'application/dicom',
  transferSyntaxUID: '1.2.840.10008.1.2.1',
  announcedAt: 1_700_000_000,
  sealedAt: 1_700_000_001,
  retiredAt: 1_700_000_002,
  announcedBlock: 5n,
  sealedBlock: 6n,
  retiredReason: 'wrong side',
  fileName: 'Doe John.png',
  body: '{"root":"0xdd"}',
} as unknown as CatalogInstance;

const retire = jest.fn(async (_SOPInstanceUID: string, _reason: string) => {});
const outcome: Outcome = { kind: 'refused', reason: 0xc000, message: 'This is no DICOM file; send one.' };

const archive = {
  catalog: {
    search: () => ({ matches: [], remaining: 0 }),
    instance: (uid: string) => (uid === '1.4' ? record : undefined),
    instances: () => [],
    isGone: () => false,
    images: () => [],
    *sealedSOPInstanceUIDs() {
      yield '1.4';
      yield '1.6';
    },
  },
  attribute: () => undefined,
  retire,
  verify: async () => ({ byteCount: 12, pieceCount: 1, problems: ['Piece 0 is missing.'] }),
  receive: async ({ body }: Parameters<Archive['receive']>[0]) => {
    body.resume();
    return { outcome: Promise.resolve(outcome) };
  },
} as unknown as Archive;

let readiness: Readiness = { ready: true, reasons: [] };
const viewerFolder = '/nonexistent';

function build({ CORS_ORIGINS = ['*'] } = {}) {
  return createHttpApp({
    archive,
    config: { PUBLIC_URL: undefined, CORS_ORIGINS, MAX_INSTANCE_BYTES: 1000 },
    log: silentLog,
    readiness: async () => readiness,
    metrics: createMetrics({
      chainHeight: async () => 42,
      outbox: async () => ({ transactions: 3, byteCount: 99 }),
    }),
    viewerFolder,
  });
}

const app = build();

describe('createHttpApp', () => {
  it.each<[string, string, number]>([
    ['GET', '/healthz', 200],
    ['GET', '/readyz', 200],
    ['GET', '/metrics', 200],
    ['GET', '/dicom-web/studies', 200],
    ['GET', '/dicom-web/nothing', 404],
    ['GET', '/dicom-web', 404],
    ['GET', '/dicom-web/Studies', 404],
    ['GET', '/dicom-web/studies/1.2', 404],
    ['GET', '/dicom-web/studies/%zz', 400],
    ['GET', '/nothing.js', 404],
    ['POST', '/', 404],
    ['PUT', '/dicom-web/studies', 405],
    ['DELETE', '/dicom-web/studies/1.2', 405],
    ['GET', '/dicom-web/workitems', 501],
    ['POST', '/dicom-web/workitems/1.2/state', 501],
    ['GET', '/dicom-web/subscribers/AE', 501],
    ['POST', '/dicom-web/commitment-requests/1.2', 501],
    ['GET', '/dicom-web/modality-scheduled-procedure-steps', 501],
    ['GET', '/dicom-web/modality-performed-procedure-steps/1', 501],
    ['GET', '/dicom-web/studies/1.2/bulkdata', 501],
    ['GET', '/dicom-web/studies/1.2/series/1.3/pixeldata', 501],
    ['GET', '/dicom-web/studies/1.2/series/1.3/instances/1.4/bulkdata', 501],
    ['OPTIONS', '/dicom-web', 501],
    ['OPTIONS', '/dicom-web/studies', 501],
    ['GET', '/wado?requestType=WADO', 501],
    ['GET', '/dicom-web/wado', 501],
    ['GET', '/ledger/instances/1.4', 200],
    ['GET', '/ledger/instances/1.5', 404],
    ['GET', '/ledger/instances/x', 400],
    ['GET', '/ledger/instances/1.4/verify', 405],
    ['GET', '/ledger/nothing', 404],
  ])('%s %s answers %i', async (method, url, status) => {
    const response = await request(app)[method.toLowerCase() as 'get'](url);
    expect(response.status).toBe(status);
    if (status >= 400) expect(response.headers['content-type']).toContain('application/problem+json');
  });

  it('names all methods of a path that two routers share', async () => {
    expect((await request(app).put('/dicom-web/studies')).headers.allow).toBe('GET, POST, HEAD');
  });

  it('says why it is not ready, and is alive all the same', async () => {
    readiness = { ready: false, reasons: ['The chain does not answer.'] };
    const response = await request(app).get('/readyz');
    expect([response.status, response.body]).toEqual([503, readiness]);
    expect(response.headers['retry-after']).toBeDefined();
    expect((await request(app).get('/healthz')).status).toBe(200);
    readiness = { ready: true, reasons: [] };
  });

  it('counts requests by pattern, stores by outcome, and shows chain and outbox', async () => {
    const counting = build();
    await request(counting).get('/dicom-web/studies/1.2/series');
    await request(counting).post('/dicom-web/studies').set('Content-Type', 'application/dicom').send('no DICOM');
    const { text } = await request(counting).get('/metrics');
    expect(text).toMatch(/request_seconds_count\{method="GET",route="\/studies\/:study\/series",status="200"\} 1/);
    expect(text).toContain('dicom_ledger_stores_total{outcome="refused-c000"} 1');
    expect(text).toContain('dicom_ledger_chain_height 42');
    expect(text).toContain('dicom_ledger_outbox_transactions 3');
    expect(text).toContain('dicom_ledger_outbox_bytes 99');
    for (const direction of ['sent', 'received'])
      expect(
        Number(new RegExp(`^dicom_ledger_http_${direction}_bytes_total (\\d+)`, 'm').exec(text)?.[1]),
      ).toBeGreaterThan(100);
  });
});

describe('corsFor', () => {
  const origin = 'https://viewer.example';

  it('answers a preflight, to be kept for a day', async () => {
    const response = await request(app)
      .options('/dicom-web/studies')
      .set({ Origin: origin, 'Access-Control-Request-Method': 'GET', 'Access-Control-Request-Headers': 'accept' });
    expect(response.status).toBe(204);
    expect(response.headers).toMatchObject({ 'access-control-allow-origin': '*', 'access-control-max-age': '86400' });
    expect(response.headers['access-control-allow-headers']).toMatch(/Accept,.*Content-Type/);
    expect(response.headers['access-control-allow-methods']).toBe('GET,HEAD,POST,OPTIONS');
    expect(response.headers['access-control-allow-credentials']).toBeUndefined();
  });

  it.each(['/dicom-web/studies', '/dicom-web/studies/1.9', '/dicom-web/workitems'])(
    'lets pages read %s and its headers, errors too',
    async (url) => {
      const { headers } = await request(app).get(url).set('Origin', origin);
      expect(headers['access-control-allow-origin']).toBe('*');
      expect(headers['access-control-expose-headers']).toMatch(/ETag.*Warning.*X-Total-Count/);
    },
  );

  it('lets only listed origins in', async () => {
    const narrow = build({ CORS_ORIGINS: [origin] });
    const listed = await request(narrow).get('/dicom-web/studies').set('Origin', origin);
    expect(listed.headers['access-control-allow-origin']).toBe(origin);
    expect(listed.headers.vary).toContain('Origin');
    const other = await request(narrow).get('/dicom-web/studies').set('Origin', 'https://evil.example');
    expect(other.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('keeps other pages from the ledger', async () => {
    const response = await request(app).get('/ledger/instances').set('Origin', origin);
    expect(response.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('ledgerRoutes', () => {
  it('lists what is sealed, one a line', async () => {
    const response = await request(app).get('/ledger/instances').responseType('blob');
    expect((response.body as Buffer).toString()).toBe('{"SOPInstanceUID":"1.4"}\n{"SOPInstanceUID":"1.6"}\n');
  });

  it('tells who stored what and when, without the file name', async () => {
    const { body, text } = (await request(app).get('/ledger/instances/1.4')) as { body: unknown; text: string };
    expect(body).toMatchObject({
      state: 'retired',
      siteId: 7,
      sha256: 'cc',
      announced: { block: '5', at: '2023-11-14T22:13:20.000Z' },
      sealed: { block: '6' },
      retired: { reason: 'wrong side' },
      body: { root: '0xdd' },
    });
    expect(text).not.toContain('Doe');
  });

  it('verifies', async () => {
    const response = await request(app).post('/ledger/instances/1.4/verify');
    expect(response.body).toEqual({ byteCount: 12, pieceCount: 1, problems: ['Piece 0 is missing.'] });
  });

  it.each<[string, unknown, number]>([
    ['application/json', { reason: 'wrong side' }, 204],
    ['application/json', {}, 400],
    ['application/json', { reason: 5 }, 400],
    ['application/json', '{"reason"', 400],
    ['text/plain', '{"reason":"simple request of another page"}', 415],
  ])('answers a retirement as %s of %j with %i', async (type, body, status) => {
    retire.mockClear();
    const response = await request(app)
      .post('/ledger/instances/1.4/retire')
      .set('Content-Type', type)
      .send(body as string);
    expect([response.status, retire.mock.calls]).toEqual([status, status === 204 ? [['1.4', 'wrong side']] : []]);
  });
});

describe('createMetrics', () => {
  it('leaves out what cannot be known just now', async () => {
    const metrics = createMetrics({
      chainHeight: () => Promise.reject(new Error('no node')),
      outbox: async () => undefined,
    });
    expect(await metrics.registry.metrics()).not.toMatch(/^dicom_ledger_(chain_height|outbox_bytes) /m);
  });
});

describe('observe', () => {
  it('logs patterns, never the values of a search or the patient in a path', async () => {
    const lines: string[] = [];
    const logged = new PassThrough();
    logged.on('data', (line: Buffer) => lines.push(line.toString()));
    const chatty = createHttpApp({
      archive,
      config: { PUBLIC_URL: undefined, CORS_ORIGINS: ['*'], MAX_INSTANCE_BYTES: 1000 },
      log: pino({ level: 'trace' }, logged),
      readiness: async () => readiness,
      metrics: createMetrics({ chainHeight: async () => 1, outbox: async () => undefined }),
      viewerFolder,
    });
    await request(chatty).get('/dicom-web/studies?PatientName=Doe');
    await request(chatty).get('/dicom-web/patients/Doe/images');
    expect(lines.length).toBeGreaterThanOrEqual(2);
    expect(lines.join('')).not.toContain('Doe');
  });
});
