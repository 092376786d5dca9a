import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Server } from 'node:http';
import request from 'supertest';
import { createAuthenticate } from '../../access/authenticate.js';
import type { Grant } from '../../access/grant.js';
import type { Permission, Principal } from '../../access/principal.js';
import { accessInMemory } from '../../access/testing/access-in-memory.js';
import { whoever } from '../../access/testing/whoever.js';
import type { Archive } from '../../archive/archive.js';
import { auditInMemory } from '../../audit/testing/audit-in-memory.js';
import type { Visibility } from '../../catalog/visibility.js';
import { until } from '../../base/testing/until.js';
import { createHttpApp } from '../create-http-app.js';
import { httpPartsOver } from '../testing/http-app-over.js';

const REASON = 'unconscious, <b>no</b> history known';
const surgery: Visibility = { labels: ['surgery'] };
const surgeon: Grant = { permissions: new Set<Permission>(['read', 'admin']), sees: surgery, mayBreakGlass: true };

/** What each search and each list of labels was made for. */
let seenBy: Visibility[] = [];
let grant = surgeon;
/** Who asks without a session; undefined = nobody. */
let bare: Principal | undefined;
let alarms = 0;
const audit = auditInMemory();
const access = accessInMemory({ grantOf: () => grant });
const { sessions } = access;
const archiveFor = (visibility: Visibility): Archive =>
  ({
    seenBy: archiveFor,
    search: async () => {
      seenBy.push(visibility);
      return { matches: [], remaining: 0 };
    },
    labels: async () => {
      seenBy.push(visibility);
      return [];
    },
  }) as unknown as Archive;
const server: Server = createHttpApp({
  ...httpPartsOver(archiveFor('everything')),
  access,
  audit,
  authenticate: createAuthenticate([sessions.way, async () => bare]),
  onBrokenGlass: () => alarms++,
}).listen(0, '127.0.0.1');
afterAll(() => void server.close());

let cookie = '';
beforeEach(async () => {
  grant = surgeon;
  bare = undefined;
  const opened = await sessions.open(whoever({ subject: 'u-7', issuer: 'https://idp', name: 'Ada' }), {
    claims: { sub: 'u-7' },
  });
  cookie = opened.split(';')[0] ?? '';
  seenBy = [];
  audit.events = [];
  alarms = 0;
});

const get = (url: string) => request(server).get(url).set('Cookie', cookie);
const open = (values: object = { purpose: 'ETREAT', reason: REASON }) =>
  request(server).post('/emergency').type('form').set('Cookie', cookie).send(values);
const end = () => request(server).post('/emergency/end').set('Cookie', cookie);
const search = () => get('/dicom-web/studies');
const eventOf = async (kind: string) => {
  await until(kind, () => audit.events.some((event) => event.kind === kind));
  return audit.events.filter((event) => event.kind === kind);
};

describe('an emergency', () => {
  it('lets a session see everything from its begin to its end, and no longer', async () => {
    await search();
    const opened = await open();
    expect([opened.status, opened.headers['location']]).toEqual([303, '/emergency']);
    await search();
    await search();
    expect((await end()).status).toBe(303);
    await search();
    expect(seenBy).toEqual([surgery, 'everything', 'everything', surgery]);
  });

  it('is put on record with its begin, its reason with each use, and its end; and raises the alarm', async () => {
    await open();
    const raised = alarms;
    await search();
    const why = { purpose: 'ETREAT', reason: REASON, agent: { subject: 'u-7', issuer: 'https://idp' } };
    expect(await eventOf('query')).toMatchObject([why]);
    await end();
    expect(await eventOf('emergency-ended')).toMatchObject([{ ...why, outcome: 0 }]);
    expect(await eventOf('emergency')).toMatchObject([{ ...why, outcome: 0 }]);
    expect([raised, alarms > raised]).toEqual([1, true]);
    await search();
    await until('another search', () => audit.events.filter(({ kind }) => kind === 'query').length === 2);
    expect(audit.events.at(-1)).toMatchObject({ kind: 'query', purpose: undefined, reason: undefined });
  });

  it('begins though the record cannot be written just now, and is written down later', async () => {
    audit.failure = new Error('The disk is full.');
    expect((await open()).status).toBe(303);
    expect(await eventOf('emergency')).toMatchObject([{ reason: REASON, isWaitedFor: false }]);
    audit.failure = undefined;
    await search();
    expect(seenBy).toEqual(['everything']);
  });

  it('is for reading alone', async () => {
    await open();
    expect((await get('/ledger/studies/1.2/labels')).status).toBe(200);
    expect(seenBy).toEqual([surgery]);
  });

  it('stands on every page, also on that of a failure, with the button to end it', async () => {
    await open();
    for (const url of ['/emergency', '/access', '/login', '/audit']) {
      const { text } = await get(url).set('Accept', 'text/html').set('Sec-Fetch-Mode', 'navigate');
      expect([url, text.includes('action="/emergency/end"'), text.includes('<b>')]).toEqual([url, true, false]);
    }
    await end();
    for (const url of ['/emergency', '/access', '/login'])
      expect((await get(url)).text).not.toContain('action="/emergency/end"');
  });

  it('ends at the next request once the role does not allow it, and does not come back with the role', async () => {
    await open();
    grant = { ...surgeon, mayBreakGlass: false };
    await search();
    grant = surgeon;
    await search();
    expect(seenBy).toEqual([surgery, surgery]);
  });

  it('ends with the session, and is that of one browser', async () => {
    await open();
    const other = await sessions.open(whoever({ subject: 'u-7', issuer: 'https://idp' }), { claims: { sub: 'u-7' } });
    await request(server)
      .get('/dicom-web/studies')
      .set('Cookie', String(other.split(';')[0]));
    expect(seenBy).toEqual([surgery]);
    await request(server).post('/logout').set('Cookie', cookie);
    expect((await search()).status).toBe(401);
  });

  it.each([
    [{ purpose: 'TREAT', reason: REASON }],
    [{ reason: REASON }],
    [{ purpose: 'BTG' }],
    [{ purpose: 'BTG', reason: ' \r\n four' }],
    [{ purpose: 'BTG', reason: 'r'.repeat(501) }],
  ])('does not begin by %j', async (values) => {
    const { status, text } = await open(values);
    expect(status).toBe(400);
    expect(text).toContain('role="alert"');
    await search();
    expect([seenBy, alarms]).toEqual([[surgery], 0]);
  });

  it('takes reasons of 5 and of 500 characters', async () => {
    for (const reason of ['stuck', 'r'.repeat(500)]) expect((await open({ purpose: 'BTG', reason })).status).toBe(303);
  });

  it.each([
    ['a role that does not allow it', { ...surgeon, mayBreakGlass: false }],
    ['one who sees everything', { ...surgeon, sees: 'everything' }],
  ] as const)('is refused to %s, whose menu does not lead there', async (_who, other) => {
    grant = other;
    for (const answer of [await get('/emergency'), await open(), await end()]) expect(answer.status).toBe(403);
    expect((await get('/login')).text).not.toContain('href="/emergency"');
    grant = surgeon;
    expect((await get('/login')).text).toContain('href="/emergency"');
    await search();
    expect(seenBy).toEqual([surgery]);
  });

  it('is refused to whoever comes in by another way than a session', async () => {
    cookie = '';
    bare = whoever({ ...surgeon, via: 'bearer' });
    for (const answer of [await get('/emergency'), await open()]) expect(answer.status).toBe(403);
  });

  it('is not opened by a page of another site', async () => {
    expect((await open().set('Sec-Fetch-Site', 'cross-site')).status).toBe(403);
    await search();
    expect(seenBy).toEqual([surgery]);
  });
});
