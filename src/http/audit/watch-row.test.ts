import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import request, { type Response as Answer } from 'supertest';
import type { Principal } from '../../access/principal.js';
import { whoever } from '../../access/testing/whoever.js';
import type { Archive } from '../../archive/archive.js';
import { auditInMemory } from '../../audit/testing/audit-in-memory.js';
import { LedgerError } from '../../base/errors.js';
import { until } from '../../base/testing/until.js';
import { createHttpApp, type HttpAppParts } from '../create-http-app.js';
import type { Route } from '../route.js';
import { routes } from '../routes.js';
import { httpPartsOver } from '../testing/http-app-over.js';
import { multipartOf, refused, stored, uploadApp } from '../testing/upload-app.js';

/** Whatever a handler asks of it is refused with 409: what is recorded does not depend on how it went. */
const archive = new Proxy({} as Archive, {
  get: (_known, name) => {
    if (name === 'instance') return async () => ({ StudyInstanceUID: '1.9' });
    throw new LedgerError('conflict', 'This archive does nothing.');
  },
});
const audit = auditInMemory();
let principal: () => Principal;
const parts: HttpAppParts = { ...httpPartsOver(archive), audit, authenticate: async () => principal() };
const table = routes({ ...parts, uploadOptions: { publicUrl: undefined, maxInstanceBytes: 1 } });
const server = createHttpApp(parts).listen(0, '127.0.0.1');
afterAll(() => new Promise((resolve) => server.close(resolve)));
beforeEach(() => {
  audit.events = [];
  audit.failure = undefined;
  principal = () => whoever({ name: 'Ada', subject: 'ada' });
});

const urlOf = ({ path }: Route): string =>
  path
    .replace(/\{\/\*rest\}/, '/x')
    .replace(/\{\*any\}|\*path/, 'x')
    .replace(/:\w+/g, '1');

function ask(row: Route, url = urlOf(row)): Promise<Answer> {
  const method = row.method === 'ANY' || row.method === 'FILES' ? 'GET' : row.method;
  return Promise.resolve(request(server)[method.toLowerCase() as 'get'](url).set('User-Agent', 'test'));
}

/** One closes a connection of its own after each answer, so that what is noted on `close` is there. */
async function eventsAfter(row: Route, url?: string): Promise<{ answer: Answer; kinds: string[] }> {
  audit.events = [];
  const answer = await ask(row, url);
  await until('the answer to have ended here, too', async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return audit.events.length > 0 || row.audit === 'none' || row.audit === 'login' || row.audit === 'logout';
  });
  return { answer, kinds: audit.events.map(({ kind, phase }) => (phase === 'begun' ? `${kind} begun` : kind)) };
}

const RECORDED = ['transfer', 'import', 'export', 'delete', 'security', 'procedure-record'];

describe('The table of routes', () => {
  it('records every row that a reader, a modality or one who retires may have', () => {
    const silent = table
      .filter(({ audit: kind }) => kind === 'none')
      .map(({ permission, service }) => `${permission}: ${service}`);
    expect([...new Set(silent)].sort()).toEqual(
      expect.arrayContaining(['public: Health', 'admin: Metrics', 'audit: State of the network', 'read: The viewer']),
    );
    for (const { audit: kind, permission, service, writes } of table)
      if (
        writes ||
        (['read', 'write', 'retire'].includes(permission) && !['The viewer', 'Emergency access'].includes(service))
      )
        expect([service, kind]).not.toEqual([service, 'none']);
    const row = {
      service: 'Frames',
      method: 'GET',
      path: '/',
      handler: 'not-implemented',
      permission: 'read',
    } as const;
    // @ts-expect-error A row that gives out images is recorded.
    const silentRow: Route = { ...row, writes: false, audit: 'none' };
    // @ts-expect-error A row says what it is recorded as.
    const without: Route = { ...row, writes: false };
    expect([silentRow, without]).toHaveLength(2);
  });

  it.each(table.map((row) => [`${row.method} ${row.path}`, row] as const))(
    '%s is recorded as its row says, and as nothing else',
    async (_name, row) => {
      const { answer, kinds } = await eventsAfter(row);
      // Whoever has no session can open no emergency.
      const kind = row.service === 'Emergency access' ? 'refused' : row.audit;
      if (kind === 'none' || kind === 'login' || kind === 'logout')
        expect(kinds).toEqual(kinds.filter((one) => one === 'refused' || one === kind));
      else if (!RECORDED.includes(kind)) expect(kinds).toEqual([kind]);
      else expect(kinds).toEqual([`${kind} begun`, kind]);
      if (kinds.includes('access') || kinds.includes('query'))
        expect(audit.events[0]).toMatchObject({
          agent: { subject: 'ada', name: 'Ada', via: 'local-token' },
          address: '127.0.0.1',
          service: row.service,
          status: answer.status,
        });
    },
  );

  it.each([
    [403, 'forbidden' as const],
    [401, 'unauthenticated' as const],
  ])('records %i of every row that asks who it is as a refusal', async (status, code) => {
    principal = () => {
      if (code === 'unauthenticated') throw new LedgerError(code, 'Nobody is logged in.');
      return whoever({ name: 'Eve', permissions: new Set() });
    };
    for (const row of table.filter(({ permission, method }) => permission !== 'public' && method !== 'FILES')) {
      const { answer, kinds } = await eventsAfter({ ...row, audit: 'security' } as Route);
      expect([row.path, answer.status, kinds]).toEqual([row.path, status, ['refused']]);
      expect(audit.events[0]!.agent?.name).toBe(status === 403 ? 'Eve' : undefined);
    }
  });

  it('does nothing without a record of it: 503, before the handler and before the answer', async () => {
    audit.failure = new LedgerError('unavailable', 'The audit cannot be written.', { retryable: true });
    for (const row of table.filter(({ audit: kind }) => RECORDED.includes(kind))) {
      const answer = await ask(row);
      expect([row.path, answer.status, answer.headers['retry-after']]).toEqual([row.path, 503, '5']);
    }
    const read = table.find(({ path, method }) => path === '/dicom-web/studies' && method === 'GET')!;
    expect((await ask(read)).status).not.toBe(503);
  });
});

describe('watchRow', () => {
  const STUDY_ROW = table.find(({ path, method }) => path === '/dicom-web/studies/:study' && method === 'GET')!;
  const SEARCH_ROW = table.find(({ path, method }) => path === '/dicom-web/studies' && method === 'GET')!;

  it('keeps no value of a search but the identifiers of one patient and one study', async () => {
    await eventsAfter(
      SEARCH_ROW,
      '/dicom-web/studies?PatientName=CANARY&StudyDate=20200101&PatientID=P%201&StudyInstanceUID=1.2&CAN%20ARY=x&PatientName=CANARY2',
    );
    const [event] = audit.events;
    expect(event).toMatchObject({
      request: 'GET /dicom-web/studies?PatientName&StudyDate&PatientID&StudyInstanceUID&…',
      subject: { PatientID: 'P 1', StudyInstanceUID: '1.2' },
    });
    expect(JSON.stringify(event)).not.toContain('CAN');
    await eventsAfter(SEARCH_ROW, '/dicom-web/studies?PatientID=CAN*&StudyInstanceUID=x');
    expect(audit.events[0]!.subject).toBeUndefined();
  });

  it('bounds what a request makes it write', async () => {
    const query = Array.from({ length: 2_000 }, (_, at) => `k${at}=1`).join('&');
    await eventsAfter(SEARCH_ROW, `/dicom-web/studies?${query}`);
    expect(audit.events[0]!.request!.length).toBeLessThan(300);
    await eventsAfter(STUDY_ROW, `/dicom-web/studies/${'9'.repeat(5_000)}`);
    expect(audit.events[0]!.subject).toBeUndefined();
  });

  it('takes the traceparent of a request if it is one', async () => {
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await request(server).get('/dicom-web/studies').set('traceparent', trace);
    await until('the event', () => audit.events.length > 0);
    expect(audit.events[0]!.trace).toBe(trace);
  });

  it('finds the study of a record that is asked for by its SOP Instance UID', async () => {
    await eventsAfter(table.find(({ path, method }) => path === '/ledger/instances/:instance' && method === 'GET')!);
    expect(audit.events[0]!.subject).toEqual({ StudyInstanceUID: '1.9' });
  });

  it('says of each study how many instances were stored, and how many were refused', async () => {
    const { app, memory } = auditedUploads();
    const fates = [
      stored('1.1.1'),
      stored('1.1.2'),
      { ...stored('1.2.1'), StudyInstanceUID: '1.2' },
      refused('cannotUnderstand'),
    ];
    const { status } = await request(app)
      .post('/dicom-web/studies')
      .set('Content-Type', 'multipart/related; type="application/dicom"; boundary=b')
      .send(multipartOf(fates));
    expect(status).toBe(202);
    // Before the answer.
    const detail = '1 of the request were refused.';
    expect(memory.events).toMatchObject([
      { kind: 'transfer', phase: 'begun', isWaitedFor: true },
      { kind: 'transfer', subject: { StudyInstanceUID: '1.1' }, instances: 2, status: 202, detail, isWaitedFor: true },
      { kind: 'transfer', subject: { StudyInstanceUID: '1.2' }, instances: 1, isWaitedFor: true },
    ]);
  });

  function auditedUploads() {
    const memory = auditInMemory();
    return { app: uploadApp({}, { audit: memory }).app, memory };
  }
});
