import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import pino from 'pino';
import request from 'supertest';
import { accessInMemory } from '../access/testing/access-in-memory.js';
import { letWhoeverIn } from '../access/testing/whoever.js';
import type { Archive, FoundInstance } from '../archive/archive.js';
import type { Outcome } from '../archive/outcome.js';
import { auditInMemory } from '../audit/testing/audit-in-memory.js';
import { readConfig } from '../config.js';
import { silentLog } from '../base/log.js';
import type { Readiness } from './operation/readiness.js';
import type { NetworkReport } from './ledger/network-report.js';
import { openWorklist } from '../worklist/open-worklist.js';
import { createMetrics } from './operation/metrics.js';
import { prepareServer } from './message/request-body.js';
import { createHttpApp } from './create-http-app.js';
import type { StoringStopped } from './store-gate.js';

const record = {
  StudyInstanceUID: '1.2',
  SeriesInstanceUID: '1.3',
  SOPInstanceUID: '1.4',
  SOPClassUID: '1.5',
  state: 'retired',
  siteId: 7,
  isVerified: true,
  isRetirementHeld: false,
  imageId: '0xaa',
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
} as unknown as FoundInstance;

const retire = jest.fn(async (_SOPInstanceUID: string, _reason: string) => {});
const outcome: Outcome = { kind: 'refused', reason: 0xc000, message: 'This is no DICOM file; send one.' };

const archive = {
  search: async () => ({ matches: [], remaining: 0 }),
  sites: async () => [{ siteId: 7, name: 'South', isOwn: false }],
  instance: async (uid: string) => (uid === '1.4' ? record : undefined),
  body: async () => ({ root: '0xdd' }),
  instances: async () => [],
  isGone: async () => false,
  async *images() {},
  version: async () => undefined,
  async *sealedSOPInstanceUIDs() {
    yield '1.4';
    yield '1.6';
  },
  async *lockedImages() {
    yield { imageId: '0xee', siteId: 7 };
  },
  verifyLocked: async (imageId: string) => ({ byteCount: 13, pieceCount: 1, problems: [`${imageId} is another.`] }),
  attribute: () => undefined,
  retire,
  verify: async () => ({ byteCount: 12, pieceCount: 1, problems: ['Piece 0 is missing.'] }),
  receive: async ({ body }: Parameters<Archive['receive']>[0]) => {
    body.resume();
    return { outcome: Promise.resolve(outcome) };
  },
} as unknown as Archive;

const wellReadiness: Readiness = { ready: true, reasons: [], warnings: [] };
let readiness = wellReadiness;
let stopped: StoringStopped | undefined;
let report: () => Promise<NetworkReport> = async () => well;

const well: NetworkReport = {
  chainId: 2n ** 64n,
  contracts: ['0xcc'],
  site: { id: 2, name: 'north' },
  depths: { sealed: 2, final: 3 },
  head: { number: 42n, hash: '0xaa' },
  catalogue: { head: { number: 40n, hash: '0xbb' } },
  nodes: [
    { name: 'own:8545', reachable: true, head: { number: 42n, hash: '0xaa' }, wrongAnswers: 0 },
    { name: 'other:8545', reachable: false, head: undefined, wrongAnswers: 5 },
  ],
  outbox: { transactions: 3, bytes: 99, windowBytes: 1000 },
  review: {
    waiting: 11,
    unverified: 12,
    locked: [
      { siteId: 2, count: 40 },
      { siteId: 3, count: 2 },
    ],
    oldestUnverifiedSeconds: 73,
    quarantined: 13,
    conflicts: 14,
    heldRetirements: 15,
    mixedStudies: 16,
    readingSeconds: 1.5,
    verifyingSeconds: 2.5,
  },
  alarms: [{ code: 'no-peers', sentence: 'The node own:8545 is alone.', stopsStoring: false }],
  reverted: {
    count: 4,
    newest: [{ imageId: '0xdd', at: 1_700_000_000_000, reason: 'late', resolution: 'same-content' }],
  },
};
const metricsOf = () => createMetrics({ network: () => report(), alarmCodes: ['no-peers', 'disk-low'] });
const viewerFolder = '/nonexistent';

function build({ CORS_ORIGINS = ['*'] } = {}) {
  return createHttpApp({
    archive,
    access: accessInMemory(),
    audit: auditInMemory(),
    worklist: openWorklist({ file: ':memory:' }),
    authenticate: letWhoeverIn(),
    config: { ...readConfig({}), CORS_ORIGINS, MAX_INSTANCE_BYTES: 1000 },
    log: silentLog,
    readiness: async () => readiness,
    network: () => report(),
    onBrokenGlass: () => undefined,
    storingStopped: () => stopped,
    metrics: metricsOf(),
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
    ['DELETE', '/dicom-web/studies/1.2', 404],
    ['DELETE', '/dicom-web/studies', 405],
    ['GET', '/dicom-web/workitems', 200],
    ['GET', '/dicom-web/workitems/1.2/state', 405],
    ['GET', '/dicom-web/subscribers/AE', 400],
    ['POST', '/dicom-web/commitment-requests/1.2', 415],
    ['GET', '/dicom-web/modality-scheduled-procedure-steps', 501],
    ['GET', '/dicom-web/modality-performed-procedure-steps/1', 501],
    ['GET', '/dicom-web/studies/1.2/bulkdata', 404],
    ['GET', '/dicom-web/studies/1.2/series/1.3/pixeldata', 404],
    ['GET', '/dicom-web/studies/1.2/series/1.3/instances/1.4/bulkdata', 404],
    ['GET', '/dicom-web/hanging-protocols', 501],
    ['POST', '/dicom-web/color-palettes/1.2', 501],
    ['OPTIONS', '/dicom-web', 200],
    ['OPTIONS', '/dicom-web/studies', 200],
    ['GET', '/wado?requestType=WADO', 400],
    ['GET', '/wado?requestType=WADO&studyUID=1.2&seriesUID=1.3&objectUID=1.4', 404],
    ['GET', '/dicom-web/wado', 400],
    ['GET', '/ledger/instances/1.4', 200],
    ['GET', '/ledger/instances/1.5', 404],
    ['GET', '/ledger/instances/x', 400],
    ['GET', '/ledger/instances/1.4/verify', 405],
    ['GET', '/ledger/network', 200],
    ['PUT', '/ledger/network', 405],
    ['GET', '/ledger/nothing', 404],
  ])('%s %s answers %i', async (method, url, status) => {
    const response = await request(app)[method.toLowerCase() as 'get'](url);
    expect(response.status).toBe(status);
    if (status >= 400) expect(response.headers['content-type']).toContain('application/problem+json');
  });

  it('names all methods of a path that two routers share', async () => {
    expect((await request(app).put('/dicom-web/studies')).headers.allow).toBe('GET, POST, HEAD, OPTIONS');
  });

  it('says why it is not ready, and is alive all the same', async () => {
    readiness = { ready: false, reasons: ['The chain does not answer.'], warnings: [] };
    const response = await request(app).get('/readyz');
    expect([response.status, response.body]).toEqual([503, readiness]);
    expect(response.headers['retry-after']).toBeDefined();
    expect((await request(app).get('/healthz')).status).toBe(200);
    readiness = wellReadiness;
  });

  it('stays ready with warnings, and lists them', async () => {
    readiness = { ready: true, reasons: [], warnings: ['The node own:8545 is alone.'] };
    const response = await request(app).get('/readyz');
    expect([response.status, response.body]).toEqual([200, readiness]);
    readiness = wellReadiness;
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

describe('storeGate', () => {
  afterEach(() => (stopped = undefined));
  const writes: [string, string][] = [
    ['POST', '/dicom-web/studies'],
    ['POST', '/dicom-web/studies/1.2'],
    ['POST', '/dicom-web/patients/p/images'],
    ['DELETE', '/dicom-web/studies/1.2/series/1.3/instances/1.4'],
    ['POST', '/ledger/instances/1.4/retire'],
  ];

  it.each(writes)('refuses %s %s with 503 and Retry-After while storing is stopped', async (method, url) => {
    stopped = { code: 'chain-stalled', sentence: 'The chain makes no blocks.' };
    const response = await request(app)[method.toLowerCase() as 'post'](url);
    expect([response.status, response.headers['retry-after']]).toEqual([503, '5']);
    expect(response.body).toMatchObject({ code: 'unavailable', detail: 'The chain makes no blocks.' });
  });

  it('says out of storage for a disk that is low', async () => {
    stopped = { code: 'disk-low', sentence: 'The disk is full.' };
    const response = await request(app).post('/dicom-web/studies');
    expect([response.status, response.body]).toMatchObject([503, { code: 'out-of-space', title: 'Out of Storage' }]);
  });

  it('answers before the body comes: no 100 Continue', async () => {
    stopped = { code: 'no-node', sentence: 'No node answers.' };
    const server = createServer(app);
    prepareServer(server, app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const headers = { Expect: '100-continue', 'Content-Type': 'application/dicom', 'Content-Length': '1000' };
    const asking = ask({ port, path: '/dicom-web/studies', method: 'POST', headers });
    const seen: string[] = [];
    asking.on('continue', () => seen.push('continue'));
    asking.flushHeaders();
    const [answer] = (await once(asking, 'response')) as [IncomingMessage];
    expect([answer.statusCode, seen]).toEqual([503, []]);
    asking.destroy();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each(['/dicom-web/studies', '/ledger/instances/1.4', '/ledger/network', '/healthz'])(
    'lets reads of %s pass',
    async (url) => {
      stopped = { code: 'no-node', sentence: 'No node answers.' };
      expect((await request(app).get(url)).status).toBe(200);
    },
  );

  it('lets everything pass while all is well', async () => {
    const response = await request(app).post('/dicom-web/studies').set('Content-Type', 'application/dicom').send('x');
    expect(response.status).toBe(400);
  });

  it('lets the viewer of another origin read why', async () => {
    stopped = { code: 'no-node', sentence: 'No node answers.' };
    const response = await request(app).post('/dicom-web/studies').set('Origin', 'https://viewer.example');
    expect(response.headers['access-control-allow-origin']).toBe('*');
  });
});

describe('cors', () => {
  const origin = 'https://viewer.example';

  it('answers a preflight, to be kept for a day', async () => {
    const response = await request(app)
      .options('/dicom-web/studies')
      .set({ Origin: origin, 'Access-Control-Request-Method': 'GET', 'Access-Control-Request-Headers': 'accept' });
    expect(response.status).toBe(204);
    expect(response.headers).toMatchObject({ 'access-control-allow-origin': '*', 'access-control-max-age': '86400' });
    expect(response.headers['access-control-allow-headers']).toMatch(/Accept,.*Content-Type/);
    expect(response.headers['access-control-allow-methods']).toBe('GET,HEAD,POST,PUT,OPTIONS');
    expect(response.headers['access-control-allow-credentials']).toBeUndefined();
  });

  it.each(['/dicom-web/studies', '/dicom-web/studies/1.9', '/dicom-web/inventories', '/wado?requestType=WADO'])(
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

describe('Records of the ledger', () => {
  it('lists what is sealed, one a line', async () => {
    const response = await request(app).get('/ledger/instances').responseType('blob');
    expect((response.body as Buffer).toString()).toBe('{"SOPInstanceUID":"1.4"}\n{"SOPInstanceUID":"1.6"}\n');
  });

  it('tells who stored what and when, without the file name', async () => {
    const { body, text } = (await request(app).get('/ledger/instances/1.4')) as { body: unknown; text: string };
    expect(body).toMatchObject({
      state: 'retired',
      siteId: 7,
      site: 'South',
      isVerified: true,
      isRetirementHeld: false,
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

  it('lists and verifies what there is no key for, by image IDs', async () => {
    const list = await request(app).get('/ledger/locked').responseType('blob');
    expect((list.body as Buffer).toString()).toBe('{"imageId":"0xee","siteId":7}\n');
    const imageId = `0x${'Ab'.repeat(32)}`;
    const verified = await request(app).post(`/ledger/locked/${imageId}/verify`);
    expect(verified.body).toEqual({ byteCount: 13, pieceCount: 1, problems: [`${imageId.toLowerCase()} is another.`] });
    expect((await request(app).post('/ledger/locked/0x12/verify')).status).toBe(400);
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
  it('shows every alarm, every node, how far the catalogue is and what was reverted', async () => {
    const text = await metricsOf().registry.metrics();
    for (const line of [
      'dicom_ledger_alarm{code="no-peers"} 1',
      'dicom_ledger_alarm{code="disk-low"} 0',
      'dicom_ledger_node_reachable{node="own:8545"} 1',
      'dicom_ledger_node_reachable{node="other:8545"} 0',
      'dicom_ledger_node_height{node="own:8545"} 42',
      'dicom_ledger_node_wrong_answers{node="other:8545"} 5',
      'dicom_ledger_follower_height 40',
      'dicom_ledger_catalogue_lag_blocks 2',
      'dicom_ledger_sealed_depth_blocks 2',
      'dicom_ledger_final_depth_blocks 3',
      'dicom_ledger_window_bytes 1000',
      'dicom_ledger_reverted_images_total 4',
      'dicom_ledger_waiting_announcements 11',
      'dicom_ledger_locked_announcements 42',
      'dicom_ledger_unverified_instances 12',
      'dicom_ledger_oldest_unverified_seconds 73',
      'dicom_ledger_quarantined_instances 13',
      'dicom_ledger_uid_conflicts 14',
      'dicom_ledger_held_retirements 15',
      'dicom_ledger_reading_seconds_total 1.5',
      'dicom_ledger_verifying_seconds_total 2.5',
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).not.toContain('dicom_ledger_node_height{node="other:8545"}');
  });

  it('counts what was reverted once, however often it is asked', async () => {
    const { registry } = metricsOf();
    await registry.metrics();
    expect((await registry.metrics()).split('\n')).toContain('dicom_ledger_reverted_images_total 4');
  });

  it('leaves out what cannot be known just now', async () => {
    report = () => Promise.reject(new Error('no node'));
    const text = await metricsOf().registry.metrics();
    report = async () => well;
    expect(text).not.toMatch(/^dicom_ledger_(chain|follower|outbox|alarm|node|catalogue)_?\w*[{ ]/m);
  });
});

describe('sendNetworkReport', () => {
  it('tells chain, nodes, depths, alarms and what was reverted, block numbers as text', async () => {
    const response = await request(app).get('/ledger/network');
    expect([response.status, response.headers['cache-control']]).toEqual([200, 'no-store']);
    expect(response.body).toEqual({
      ...well,
      chainId: '18446744073709551616',
      head: { number: '42', hash: '0xaa' },
      catalogue: { head: { number: '40', hash: '0xbb' } },
      nodes: [
        { ...well.nodes[0], head: { number: '42', hash: '0xaa' } },
        { name: 'other:8545', reachable: false, wrongAnswers: 5 },
      ],
      reverted: { count: 4, newest: [{ ...well.reverted.newest[0], at: '2023-11-14T22:13:20.000Z' }] },
    });
  });
});

describe('observe', () => {
  it('logs patterns, never the values of a search or the patient in a path', async () => {
    const lines: string[] = [];
    const logged = new PassThrough();
    logged.on('data', (line: Buffer) => lines.push(line.toString()));
    const chatty = createHttpApp({
      archive,
      access: accessInMemory(),
      audit: auditInMemory(),
      worklist: openWorklist({ file: ':memory:' }),
      authenticate: letWhoeverIn(),
      config: readConfig({}),
      log: pino({ level: 'trace' }, logged),
      readiness: async () => readiness,
      network: () => report(),
      onBrokenGlass: () => undefined,
      storingStopped: () => undefined,
      metrics: metricsOf(),
      viewerFolder,
    });
    await request(chatty).get('/dicom-web/studies?PatientName=Doe');
    await request(chatty).get('/dicom-web/patients/Doe/images');
    expect(lines.length).toBeGreaterThanOrEqual(2);
    expect(lines.join('')).not.toContain('Doe');
  });
});
