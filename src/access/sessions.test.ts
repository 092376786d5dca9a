import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { IncomingMessage } from 'node:http';
import { openAccessDatabase } from './database.js';
import { NOTHING, type Grant } from './grant.js';
import { accessInMemory } from './testing/access-in-memory.js';
import { whoever } from './testing/whoever.js';
import { createSessions } from './sessions.js';

const MINUTE_MS = 60_000;
const anna = whoever({ subject: 'anna', issuer: 'https://idp.example', name: 'Anna', permissions: new Set(['read']) });

/** A request with the cookie that a Set-Cookie header has set. */
const withCookie = (setCookie: string): IncomingMessage =>
  ({ headers: { cookie: `other=1; ${setCookie.split(';')[0]}` } }) as IncomingMessage;

beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000 });
});
afterEach(() => {
  jest.useRealTimers();
});

describe('createSessions', () => {
  it('knows who has the cookie, and nobody by another', async () => {
    const { sessions } = accessInMemory();
    const cookie = await sessions.open(anna);
    expect(await sessions.way(withCookie(cookie))).toEqual({ ...anna, via: 'session' });
    expect(await sessions.way({ headers: {} } as IncomingMessage)).toBeUndefined();
    const name = cookie.split('=')[0];
    await expect(sessions.way(withCookie(`${name}=${'A'.repeat(43)}`))).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    expect(await sessions.way(withCookie(`${name}=${'A'.repeat(60_000)}`))).toBeUndefined();
  });

  it('keeps the cookie from scripts and other sites, and with https from other hosts and plain http', async () => {
    const [plain, secure] = [accessInMemory(), accessInMemory({ isHttps: true })];
    expect(await plain.sessions.open(anna)).toMatch(
      /^dicom-ledger-8080=[\w-]{43}; Max-Age=36000; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    const cookie = await secure.sessions.open(anna);
    expect(cookie).toMatch(/^__Host-dicom-ledger-8080=.*; Secure/);
    expect(cookie).not.toContain('Domain');
  });

  it('keeps the cookie from what else is served by the same host', async () => {
    const below = accessInMemory({ isHttps: true, basePath: '/pacs' });
    // RFC 6265bis §4.1.3.2: with the prefix __Host- its path could only be /.
    expect(await below.sessions.open(anna)).toMatch(/^__Secure-dicom-ledger-8080=.*; Path=\/pacs; HttpOnly; Secure/);
  });

  it('has nothing in its tables by which one could log in', async () => {
    const database = openAccessDatabase(':memory:');
    const rules = {
      isHttps: false,
      basePath: '',
      port: 1,
      idleMs: MINUTE_MS,
      maxMs: MINUTE_MS,
      grantOf: () => NOTHING,
    };
    const [, secret = ''] = /=([\w-]{43});/.exec(await createSessions(database, rules).open(anna)) ?? [];
    const rows = JSON.stringify(database.prepare('SELECT * FROM session').all());
    expect(secret).toHaveLength(43);
    expect(rows).toContain('anna');
    expect(rows).not.toContain(secret);
  });

  it('ends when nothing is asked for the idle time, at it and not before', async () => {
    const { sessions } = accessInMemory({ idleMs: 60 * MINUTE_MS });
    const request = withCookie(await sessions.open(anna));
    jest.advanceTimersByTime(60 * MINUTE_MS - 1);
    expect(await sessions.way(request)).toBeDefined();
    jest.advanceTimersByTime(60 * MINUTE_MS - 1);
    expect(await sessions.way(request)).toBeDefined();
    jest.advanceTimersByTime(60 * MINUTE_MS);
    await expect(sessions.way(request)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(sessions.list()).toEqual([]);
  });

  it('ends after its longest time, however much is asked', async () => {
    const { sessions } = accessInMemory({ idleMs: 60 * MINUTE_MS, maxMs: 100 * MINUTE_MS });
    const request = withCookie(await sessions.open(anna));
    jest.advanceTimersByTime(55 * MINUTE_MS);
    expect(await sessions.way(request)).toBeDefined();
    jest.advanceTimersByTime(45 * MINUTE_MS - 1);
    expect(await sessions.way(request)).toBeDefined();
    jest.advanceTimersByTime(1);
    await expect(sessions.way(request)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('is refused at the next request once it is ended: by its browser, by id, or with all of its person', async () => {
    const { sessions } = accessInMemory();
    const requests = [];
    for (let n = 0; n < 4; n++) requests.push(withCookie(await sessions.open(anna)));
    const other = withCookie(await sessions.open({ ...anna, subject: 'ben' }));
    const [own, byId, ...rest] = requests;
    expect(await sessions.end(own!)).toMatch(/^dicom-ledger-8080=; Max-Age=0/);
    await expect(sessions.way(own!)).rejects.toMatchObject({ code: 'unauthenticated' });
    const ids = sessions.list().map(({ id }) => id);
    expect([sessions.endOne(ids[1]!), sessions.endOne(ids[1]!)]).toEqual([true, false]);
    expect(sessions.list()).toHaveLength(ids.length - 1);
    sessions.endAllOf(anna);
    for (const request of [byId!, ...rest])
      await expect(sessions.way(request)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await sessions.way(other)).toMatchObject({ subject: 'ben' });
  });

  it('asks at each request what the claims give', async () => {
    let grant: Grant = { permissions: new Set(['read']), sees: { labels: ['a'] } };
    const { sessions } = accessInMemory({ grantOf: ({ groups }) => (groups === 'x' ? grant : NOTHING) });
    const request = withCookie(await sessions.open(anna, { claims: { groups: 'x' } }));
    expect(await sessions.way(request)).toMatchObject({ sees: { labels: ['a'] } });
    grant = NOTHING;
    expect((await sessions.way(request))?.permissions.size).toBe(0);
  });

  it('is in an emergency for an hour, no longer than it lasts itself, and without one that it has not', async () => {
    const grantOf = (): Grant => ({ permissions: new Set(), sees: { labels: ['a'] }, mayBreakGlass: true });
    const { sessions } = accessInMemory({ grantOf, maxMs: 90 * MINUTE_MS });
    const request = withCookie(await sessions.open(anna, { claims: {} }));
    const begin = Date.now();
    const emergency = sessions.openEmergency(request, { purpose: 'BTG', reason: 'stroke' });
    expect(emergency.endsAt).toBe(begin + 60 * MINUTE_MS);
    jest.advanceTimersByTime(60 * MINUTE_MS - 1);
    expect(await sessions.way(request)).toMatchObject({ emergency, sees: { labels: ['a'] } });
    jest.advanceTimersByTime(1);
    expect(await sessions.way(request)).not.toHaveProperty('emergency');
    expect(sessions.openEmergency(request, { purpose: 'BTG', reason: 'stroke' }).endsAt).toBe(begin + 90 * MINUTE_MS);
    await sessions.end(request);
    expect(() => sessions.openEmergency(request, { purpose: 'BTG', reason: 'stroke' })).toThrow(
      expect.objectContaining({ code: 'unauthenticated' }),
    );
  });

  it('keeps the newest 50 of one person', async () => {
    const { sessions } = accessInMemory();
    const first = withCookie(await sessions.open(anna));
    for (let n = 0; n < 49; n++) {
      jest.advanceTimersByTime(1);
      await sessions.open(anna);
    }
    expect(await sessions.way(first)).toBeDefined();
    await sessions.open(anna);
    await expect(sessions.way(first)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(sessions.list()).toHaveLength(50);
  });
});
