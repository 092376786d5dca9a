import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../../src/base/testing/until.js';
import { createBrowserSession, type BrowserSession } from '../testing/browser-session.js';
import { startKeycloak, type Keycloak } from '../testing/keycloak.js';
import { startServer, type RunningServer } from '../testing/server.js';

const AUDIENCE = 'https://archive.example';
const PASSWORD = 'radiant words 1895';
const STUDIES = '/dicom-web/studies';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-keycloak-'));
let keycloak: Keycloak;
let server: RunningServer;
let url: string;
/** By user name. */
const ids = new Map<string, string>();

/** Of both clients: access tokens for this server, with the roles of the realm, which Keycloak puts there by itself. */
const forArchive = {
  name: 'archive',
  protocol: 'openid-connect',
  protocolMapper: 'oidc-audience-mapper',
  config: { 'included.custom.audience': AUDIENCE, 'access.token.claim': 'true' },
};

const realm = (): Record<string, unknown> => ({
  realm: 'hospital',
  enabled: true,
  accessTokenLifespan: 60,
  roles: { realm: [{ name: 'radiologist' }, { name: 'gateway' }] },
  users: ['ana', 'visitor'].map((username) => ({
    username,
    enabled: true,
    firstName: username,
    lastName: 'Test',
    email: `${username}@hospital.example`,
    credentials: [{ type: 'password', value: PASSWORD, temporary: false }],
    realmRoles: username === 'ana' ? ['radiologist'] : [],
  })),
  clients: [
    {
      clientId: 'archive',
      publicClient: true,
      redirectUris: [`${url}/login/oidc/callback`],
      directAccessGrantsEnabled: true,
      attributes: {
        'pkce.code.challenge.method': 'S256',
        'post.logout.redirect.uris': `${url}/`,
        'backchannel.logout.url': `${server.url}/login/oidc/ended`,
      },
      protocolMappers: [forArchive],
    },
    {
      clientId: 'scripts',
      secret: 'scripts-secret',
      serviceAccountsEnabled: true,
      standardFlowEnabled: false,
      protocolMappers: [forArchive],
    },
    { clientId: 'elsewhere', publicClient: true, directAccessGrantsEnabled: true },
  ],
});

beforeAll(async () => {
  const accessFile = path.join(folder, 'access.json');
  const roles = { radiologist: { permissions: ['read'] }, gateway: { permissions: ['write'] } };
  writeFileSync(accessFile, JSON.stringify({ claim: 'realm_access.roles', roles }), { mode: 0o600 });
  keycloak = await startKeycloak();
  server = await startServer({
    env: {
      OIDC_ISSUER: `${keycloak.url}/realms/hospital`,
      OIDC_CLIENT_ID: 'archive',
      OIDC_AUDIENCE: AUDIENCE,
      ACCESS_FILE: accessFile,
      LOG_LEVEL: 'trace',
    },
  });
  url = server.url.replace('127.0.0.1', 'localhost');
});
afterAll(async () => {
  await server?.stop();
  await keycloak?.stop();
  rmSync(folder, { recursive: true });
});

const loginUrl = (): string => `${url}/login/oidc?return=${encodeURIComponent(STUDIES)}`;

async function loggedIn(username: string): Promise<{ browser: BrowserSession; status: number; at: string }> {
  const browser = createBrowserSession();
  const form = await browser.open(loginUrl());
  expect(form.url).toContain(`${keycloak.url}/realms/hospital/protocol/openid-connect/auth?`);
  const page = await browser.submit(form, { username, password: PASSWORD, credentialId: '' });
  return { browser, status: page.status, at: page.url };
}

const ask = async (bearer: unknown, path = STUDIES): Promise<number> =>
  (await fetch(`${url}${path}`, { headers: { Authorization: `Bearer ${String(bearer)}` } })).status;

async function bearerOf(username: string, client = 'archive'): Promise<unknown> {
  const parameters = { grant_type: 'password', client_id: client, username, password: PASSWORD, scope: 'openid' };
  const answer = await keycloak.token('hospital', parameters);
  expect(answer).toHaveProperty('access_token');
  return answer['access_token'];
}

describe('A Keycloak as the identity provider', () => {
  it('may be away when the server starts: logins say so, and work once it is there', async () => {
    const answer = await fetch(loginUrl());
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('OIDC_ISSUER')]);
    await keycloak.manage('POST', '', realm());
    const users = (await keycloak.manage('GET', '/hospital/users')) as { id: string; username: string }[];
    for (const { id, username } of users) ids.set(username, id);
    const begun = await until('the server to ask Keycloak again', async () => {
      const again = await fetch(loginUrl(), { redirect: 'manual' });
      return again.status === 302 && again;
    });
    const { searchParams } = new URL(begun.headers.get('location') ?? '');
    expect(Object.fromEntries(searchParams)).toMatchObject({ code_challenge_method: 'S256', response_type: 'code' });
  });

  it('logs somebody in by its own page, with the roles that its access token names', async () => {
    const { browser, status, at } = await loggedIn('ana');
    expect([status, at]).toEqual([200, `${url}${STUDIES}`]);
    expect((await browser.open(`${url}/ledger/instances`)).status).toBe(403);
    expect((await browser.open(`${url}/login`)).text).toContain('ana Test');
  });

  it('lets nobody in whom it knows and who has no role here', async () => {
    const { status } = await loggedIn('visitor');
    expect(status).toBe(403);
    expect(await ask(await bearerOf('visitor'))).toBe(403);
  });

  it('answers a stranger who comes back from it, or comes back twice, with 400', async () => {
    const { browser } = await loggedIn('ana');
    const callback = browser.visited.find((one) => one.includes('/login/oidc/callback?')) ?? '';
    expect((await fetch(callback)).status).toBe(400);
    expect((await browser.open(callback)).status).toBe(400);
  });

  it('gives bearer tokens, by a password or to a program, that are taken with their roles', async () => {
    expect(await ask(await bearerOf('ana'))).toBe(200);
    const program = { grant_type: 'client_credentials', client_id: 'scripts', client_secret: 'scripts-secret' };
    const { access_token: bearer } = await keycloak.token('hospital', program);
    expect(await ask(bearer)).toBe(403);
    const account = (await keycloak.manage('GET', '/hospital/users?username=service-account-scripts')) as {
      id: string;
    }[];
    const radiologist = await keycloak.manage('GET', '/hospital/roles/radiologist');
    await keycloak.manage('POST', `/hospital/users/${account[0]?.id}/role-mappings/realm`, [radiologist]);
    expect(await ask((await keycloak.token('hospital', program))['access_token'])).toBe(200);
  });

  it('gives other tokens that are not taken: for other servers, ID tokens, refresh tokens, changed ones', async () => {
    const parameters = { grant_type: 'password', client_id: 'archive', username: 'ana', password: PASSWORD };
    const all = await keycloak.token('hospital', { ...parameters, scope: 'openid' });
    const valid = String(all['access_token']);
    expect(await ask(valid)).toBe(200);
    const [head, , signature] = valid.split('.');
    const claims = Buffer.from(JSON.stringify({ sub: 'ana' })).toString('base64url');
    for (const token of [
      await bearerOf('ana', 'elsewhere'),
      all['id_token'],
      all['refresh_token'],
      `${head}.${claims}.${signature}`,
    ])
      // prettier-ignore
      expect(await ask(token)).toBe(401);
  });

  it('takes a role away, which the next token and the next login show', async () => {
    const radiologist = await keycloak.manage('GET', '/hospital/roles/radiologist');
    const mappings = `/hospital/users/${ids.get('ana')}/role-mappings/realm`;
    await keycloak.manage('DELETE', mappings, [radiologist]);
    expect(await ask(await bearerOf('ana'))).toBe(403);
    expect((await loggedIn('ana')).status).toBe(403);
    await keycloak.manage('POST', mappings, [radiologist]);
    expect(await ask(await bearerOf('ana'))).toBe(200);
  });

  it('ends the sessions of somebody here too, when they end there (Back-Channel Logout)', async () => {
    const { browser } = await loggedIn('ana');
    expect((await browser.open(`${url}${STUDIES}`)).status).toBe(200);
    await keycloak.manage('POST', `/hospital/users/${ids.get('ana')}/logout`);
    await until('the session to end', async () => (await browser.open(`${url}${STUDIES}`)).status === 401, {
      timeoutMs: 60_000,
    });
    const forged = new URLSearchParams({ logout_token: String(await bearerOf('ana')) });
    const answer = await fetch(`${url}/login/oidc/ended`, { method: 'POST', body: forged });
    expect(answer.status).toBe(400);
  });

  it('is asked to log somebody out who logs out here', async () => {
    const { browser } = await loggedIn('ana');
    const here = { url: `${url}/logout`, status: 200, headers: new Headers(), text: '<form>' };
    const page = await browser.submit(here, {});
    expect(page.url).toContain(`${keycloak.url}/realms/hospital/protocol/openid-connect/logout`);
    expect((await browser.open(`${url}${STUDIES}`)).status).toBe(401);
  });

  it('leaves no token, code or cookie in the log', () => {
    expect(server.output()).not.toMatch(/eyJ|code=|session_state|AUTH_SESSION/);
  });
});
