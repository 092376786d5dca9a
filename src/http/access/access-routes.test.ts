import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Server } from 'node:http';
import request, { type Response as Answer } from 'supertest';
import { createAuthenticate } from '../../access/authenticate.js';
import { PERMISSIONS, type Principal } from '../../access/principal.js';
import { accessInMemory } from '../../access/testing/access-in-memory.js';
import { whoever } from '../../access/testing/whoever.js';
import type { Archive, FoundInstance, ResourceUids } from '../../archive/archive.js';
import { createHttpApp } from '../create-http-app.js';
import { httpPartsOver } from '../testing/http-app-over.js';

const STUDY = '1.2.840.1';
const archive = {
  instances: async ({ StudyInstanceUID }: ResourceUids) => (StudyInstanceUID === STUDY ? [{} as FoundInstance] : []),
  isGone: async () => false,
  seenBy: () => ({ ...archive, instances: async () => [] }),
} as unknown as Archive;

const access = accessInMemory();
const { loginCodes, sessions, apiKeys, shareLinks } = access;
/** Who asks without a credential; undefined = nobody. */
let bare: Principal | undefined;
const authenticate = createAuthenticate([apiKeys.way, sessions.way, async () => bare]);
const servers: Server[] = [];
const serve = (differs = {}): Server => {
  const server = createHttpApp({ ...httpPartsOver(archive), access, authenticate, ...differs }).listen(0, '127.0.0.1');
  servers.push(server);
  return server;
};
const server = serve();
afterAll(() => servers.forEach((one) => one.close()));
beforeEach(() => {
  bare = undefined;
});

const HTML = 'text/html,application/xhtml+xml,*/*;q=0.8';
const cookieOf = ({ headers }: Answer): string => String(headers['set-cookie']?.[0]).split(';')[0] ?? '';
const logIn = async (): Promise<string> => cookieOf(await request(server).get(loginCodes.newPath()));
const codeOf = (path: string): string => path.split('=')[1] ?? '';

describe('a person who is not logged in', () => {
  it.each(['/', '/viewer?StudyInstanceUIDs=1.2&x=a%20b', '/access', '/dicom-web/studies'])(
    'is led from %s to the page to log in, and after it back',
    async (url) => {
      const led = await request(server).get(url).set('Accept', HTML);
      expect([led.status, led.headers['cache-control']]).toEqual([302, 'no-store']);
      const login = new URL(led.headers['location']!, 'http://here');
      expect([login.pathname, login.searchParams.get('return')]).toEqual(['/login', url]);
      const back = await request(server).get(`${led.headers['location']}&code=${codeOf(loginCodes.newPath())}`);
      expect([back.status, back.headers['location']]).toEqual([303, url]);
      const there = await request(server).get(url).set('Accept', HTML).set('Cookie', cookieOf(back));
      expect(there.headers['location']).toBeUndefined();
    },
  );

  it('is told so as a problem where a program or a script asks', async () => {
    for (const headers of [
      { Accept: '*/*' },
      { Accept: HTML, 'Sec-Fetch-Mode': 'cors' },
      { Accept: 'application/dicom+json' },
    ]) {
      const answer = await request(server)
        .get('/dicom-web/studies')
        .set(headers as Record<string, string>);
      expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, 'Bearer realm="dicom-ledger"']);
    }
    expect((await request(server).post('/access/keys').set('Accept', HTML)).status).toBe(401);
    expect((await request(server).get('/app-config.js')).status).toBe(401);
  });

  it.each([
    ...['//evil.example', '/\\evil.example', 'https://evil.example', '/.//evil.example', '\t//evil.example'],
    ...['javascript:alert(1)', '', `/${'x'.repeat(3000)}`, '/\r\nSet-Cookie: a=b//evil.example'],
  ])('is never led to another server: %.30j', async (to) => {
    const url = `/login?return=${encodeURIComponent(to)}`;
    const page = await request(server).get(url);
    expect(page.text).not.toMatch(/="([a-z]+:|[/\\\\]{2})[^"]*(evil|alert)/);
    const { status, headers } = await request(server).get(`${url}&code=${codeOf(loginCodes.newPath())}`);
    expect(status).toBe(303);
    expect(new URL(headers['location']!, 'http://here').origin).toBe('http://here');
    expect(headers['location']).toMatch(/^\/(?![/\\])/);
  });

  it('sees a page that runs nothing and asks nobody, with a button for each provider', async () => {
    const providers = [{ name: 'Klinik <Süd>', path: '/login/oidc' }];
    const page = await request(serve({ access: { ...access, providers } })).get('/login?return=/viewer');
    expect(page.status).toBe(200);
    expect(page.text).toContain('href="/login/oidc?return=%2Fviewer"');
    expect(page.text).not.toContain('<Süd>');
    expect(page.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-security-policy': expect.stringMatching(/^default-src 'none'; style-src 'self';(?!.*unsafe)/) as unknown,
    });
  });
});

describe('a person who goes with a browser to what is not for that person', () => {
  it('is told so on a page, in which nothing of the URL runs', async () => {
    bare = whoever({ permissions: new Set(['read']) });
    const go = (url: string) => request(server).get(url).set('Accept', HTML).set('Sec-Fetch-Mode', 'navigate');
    const refused = await go('/access');
    expect([refused.status, refused.type]).toEqual([403, 'text/html']);
    expect(refused.text).toContain('&#34;admin&#34;');
    const wrong = await go('/dicom-web/studies/%3Cscript%3E/metadata');
    expect([wrong.status, wrong.text.includes('<script')]).toEqual([400, false]);
  });
});

describe('GET /login?code=', () => {
  it('logs in once, and HEAD does not use a code up', async () => {
    const path = loginCodes.newPath();
    await request(server).head(path);
    const first = await request(server).get(path);
    expect([first.status, first.headers['location']]).toEqual([303, '/']);
    const second = await request(server).get(path);
    expect([second.status, second.headers['set-cookie']]).toEqual([403, undefined]);
    expect(second.text).toContain('npx dicom-ledger login-link');
    expect(second.text).not.toContain(codeOf(path));
  });
});

describe('POST /logout', () => {
  it('ends the session, lets the browser forget, and leads to the log-in page', async () => {
    const cookie = await logIn();
    expect((await request(server).get('/access/keys').set('Cookie', cookie)).status).toBe(200);
    const out = await request(server).post('/logout').set('Cookie', cookie);
    expect(out.headers).toMatchObject({ location: '/login', 'clear-site-data': '"cache", "storage"' });
    expect(out.headers['set-cookie']?.[0]).toContain('Max-Age=0');
    expect((await request(server).get('/access/keys').set('Cookie', cookie)).status).toBe(401);
    expect((await request(server).get('/').set('Accept', HTML).set('Cookie', cookie)).status).toBe(302);
  });
});

describe('/access/keys', () => {
  const make = (body: object) => request(server).post('/access/keys').send(body);

  it('makes a key that works, lists it without its secret, and revokes it at once', async () => {
    bare = whoever();
    const made = await make({
      name: 'CT 1',
      permissions: ['write', 'audit'],
      sees: ['a'],
      setsLabels: ['a'],
      networks: ['127.0.0.0/8'],
      expiresInDays: 1,
    });
    expect([made.status, made.headers['cache-control']]).toEqual([201, 'no-store']);
    const { id, key } = made.body as { id: string; key: string };
    const list = await request(server).get('/access/keys');
    expect(list.text).toContain(id);
    expect(list.text).not.toContain(key.split('_')[2]);
    bare = undefined;
    const use = () => request(server).get('/access/keys').set('Authorization', `Bearer ${key}`);
    expect((await use()).status).toBe(403);
    bare = whoever();
    expect((await request(server).delete(`/access/keys/${id}`)).status).toBe(204);
    expect((await use()).status).toBe(401);
    expect((await request(server).delete(`/access/keys/${id}`)).status).toBe(404);
  });

  it('names all faults of a key', async () => {
    bare = whoever();
    const answer = await make({
      name: '',
      permissions: ['all'],
      sees: [7],
      setsLabels: 'a b',
      networks: ['10.0.0.0/33'],
      expiresInDays: 0,
    });
    expect(answer.status).toBe(400);
    for (const field of ['name', 'permissions', 'sees', 'setsLabels', 'networks', 'expiresInDays'])
      expect((answer.body as { detail: string }).detail).toContain(`"${field}"`);
  });

  it.each<[string, Partial<Principal>, object]>([
    ['a permission', { permissions: new Set(['admin', 'read']) }, { permissions: ['write'] }],
    ['all studies', { sees: { labels: ['a'] } }, { permissions: ['read'] }],
    ['another label', { sees: { labels: ['a'] } }, { permissions: ['read'], sees: ['a', 'b'] }],
  ])('gives nobody %s that its maker does not have', async (_what, maker, body) => {
    bare = whoever(maker);
    expect((await make({ name: 'x', ...body })).status).toBe(403);
    bare = whoever();
    expect((await make({ name: 'x', ...body })).status).toBe(201);
  });

  it('takes JSON objects and forms of 16 KiB, and nothing else', async () => {
    bare = whoever();
    const of = (byteCount: number) => ({ name: 'x', permissions: ['read'], filler: 'x'.repeat(byteCount) });
    const base = JSON.stringify(of(0)).length;
    expect((await make(of(16_384 - base))).status).toBe(201);
    expect((await make(of(16_385 - base))).status).toBe(413);
    const post = (type: string, body: string) =>
      request(server).post('/access/keys').set('Content-Type', type).send(body);
    expect((await post('text/plain', '{}')).status).toBe(415);
    expect((await post('application/json', '[]')).status).toBe(400);
    expect((await post('application/json', '{')).status).toBe(400);
    expect((await post('application/x-www-form-urlencoded', 'a=1&'.repeat(101))).status).toBe(413);
    expect((await post('application/x-www-form-urlencoded', `name=${'x'.repeat(17_000)}`)).status).toBe(413);
  });

  it('shows a person the new key on the page, once', async () => {
    bare = whoever();
    const form = 'name=%3Cb%3E&permissions=read&permissions=write&sees=&networks=&setsLabels=&expiresInDays=';
    const made = await request(server)
      .post('/access/keys')
      .set('Content-Type', 'application/x-www-form-urlencoded')
      .send(form);
    const [key] = /dl_[0-9a-f]{12}_[\w-]{43}/.exec(made.text) ?? [];
    expect(await apiKeys.way({ headers: { authorization: `Bearer ${key}` }, socket: {} } as never)).toMatchObject({
      permissions: new Set(['read', 'write']),
      sees: 'everything',
    });
    const page = await request(server).get('/access');
    expect(page.text).not.toContain(key);
    expect(page.text).not.toContain('<b>');
  });
});

describe('/access/links', () => {
  const make = (body: object) =>
    request(server)
      .post('/access/links')
      .send({ StudyInstanceUID: STUDY, hours: 168, ...body });

  it('makes a link that a look does not use up, opens the study, and can be revoked', async () => {
    bare = whoever();
    const made = await make({ uses: 1 });
    const { id, url } = made.body as { id: string; url: string };
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/share\/[\w-]{43}$/);
    bare = undefined;
    const path = new URL(url).pathname;
    for (let n = 0; n < 3; n++) expect((await request(server).get(path)).status).toBe(200);
    const opened = await request(server).post(path);
    expect([opened.status, opened.headers['location']]).toEqual([303, `/viewer?StudyInstanceUIDs=${STUDY}`]);
    const guest = (url: string) => request(server).get(url).set('Cookie', cookieOf(opened));
    expect((await guest('/app-config.js')).status).toBe(200);
    expect((await guest('/access')).status).toBe(403);
    expect((await request(server).get(path)).status).toBe(404);
    expect((await request(server).post(path)).status).toBe(404);
    bare = whoever();
    expect((await request(server).delete(`/access/links/${id}`)).status).toBe(204);
    expect((await guest('/app-config.js')).status).toBe(401);
  });

  it.each<[number, object]>([
    [400, { hours: 0 }],
    [400, { hours: 169 }],
    [400, { hours: 1.5 }],
    [400, { uses: 0 }],
    [400, { uses: 1001 }],
    [400, { StudyInstanceUID: 'x' }],
    [404, { StudyInstanceUID: '1.2' }],
    [201, { hours: 1, uses: 1000 }],
  ])('answers %d to %j', async (status, body) => {
    bare = whoever();
    expect((await make(body)).status).toBe(status);
  });

  it('makes none of a study that its maker does not see or may not read', async () => {
    bare = whoever({ sees: { labels: ['a'] } });
    expect((await make({})).status).toBe(404);
    bare = whoever({ permissions: new Set(PERMISSIONS.filter((one) => one !== 'read')) });
    expect((await make({})).status).toBe(403);
  });
});

describe('/access/sessions', () => {
  it('ends one, and all of a person', async () => {
    bare = whoever();
    sessions.list().forEach(({ id }) => sessions.endOne(id));
    const cookies = [await logIn(), await logIn(), await logIn()];
    const works = (cookie: string | undefined) =>
      request(server)
        .get('/access/keys')
        .set('Cookie', cookie!)
        .then(({ status }) => status);
    const list = (await request(server).get('/access/sessions')).body as { id: string; name: string }[];
    expect(list.map(({ name }) => name)).toEqual(Array(3).fill('Local operator'));
    expect((await request(server).delete(`/access/sessions/${list[0]!.id}`)).status).toBe(204);
    const states = await Promise.all(cookies.map(works));
    expect(states.sort()).toEqual([200, 200, 401]);
    const end = request(server).post(`/access/sessions/${list[1]!.id}/end`).type('form').send('all=yes');
    expect((await end).headers['location']).toBe('/access');
    expect(await Promise.all(cookies.map(works))).toEqual([401, 401, 401]);
  });
});

describe('POST /access/login-links', () => {
  it('gives a link that logs in to the local token alone', async () => {
    bare = whoever({ via: 'session' });
    expect((await request(server).post('/access/login-links')).status).toBe(404);
    bare = whoever({ via: 'local-token' });
    const { path } = (await request(server).post('/access/login-links')).body as { path: string };
    expect((await request(server).get(path)).status).toBe(303);
    expect(
      (await request(serve({ access: { ...access, loginCodes: undefined } })).post('/access/login-links')).status,
    ).toBe(404);
  });
});

describe('GET /share/', () => {
  it('shows nothing of a link that is none', async () => {
    for (const secret of ['x', 'A'.repeat(43)]) {
      const { status, text } = await request(server).get(`/share/${secret}`);
      expect([status, text.includes('has ended')]).toEqual([404, true]);
    }
    expect(shareLinks.find('A'.repeat(43))).toBeUndefined();
  });
});
