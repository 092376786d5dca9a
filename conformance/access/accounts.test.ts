import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createBrowserSession, type BrowserSession, type Page } from '../testing/browser-session.js';
import { runCommand } from '../testing/command-line.js';
import { startServer, type RunningServer } from '../testing/server.js';

const VIEWER = 'https://viewer.example';
const OWN = 'my own words 4711';
/** Header and claims (RFC 7519), each of which begins with `{"`. */
const JWT = /eyJ[\w-]+\.eyJ[\w-]+/;

const dataFolder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-accounts-'));
const account = async (...parameters: string[]): Promise<string> => {
  const { code, stdout, stderr } = await runCommand(['account', ...parameters], { DATA_DIR: dataFolder });
  if (code !== 0) throw new Error(stderr);
  return stdout.trim();
};

let server: RunningServer;
let url: string;
let initial: string;
beforeAll(async () => {
  initial = await account('new', 'Ada', '--roles', 'read,admin', '--name', 'Ada L.');
  const env = { ACCOUNTS: 'on', ACCOUNTS_VIEWERS: `${VIEWER}/callback`, LOG_LEVEL: 'trace' };
  server = await startServer({ dataFolder, env });
  url = server.url.replace('127.0.0.1', 'localhost');
});
afterAll(async () => {
  await server.stop();
  rmSync(dataFolder, { recursive: true });
});

const toPassword = (browser: BrowserSession, returnTo = '/dicom-web/studies'): Promise<Page> =>
  browser.open(`${url}/login/oidc?return=${encodeURIComponent(returnTo)}`);

/** One who has logged in, and sees a search. */
async function loggedIn(login: string, password: string): Promise<BrowserSession> {
  const browser = createBrowserSession();
  const page = await browser.submit(await toPassword(browser), { login, password });
  expect([page.url, page.status]).toEqual([`${url}/dicom-web/studies`, 200]);
  return browser;
}

const statusOf = async (browser: BrowserSession, path = '/dicom-web/studies'): Promise<number> =>
  (await browser.open(`${url}${path}`)).status;

describe('Accounts of this server', () => {
  it('asks for a password of their own at the first login, and leads to the page that was wanted', async () => {
    const browser = createBrowserSession();
    const first = await toPassword(browser);
    expect(first.url).toContain(`${url}/login/password/`);
    expect(first.headers.get('content-security-policy')).toContain("form-action 'self';");
    const second = await browser.submit(first, { login: 'ada', password: initial });
    expect(second.text).toContain('Choose a password of your own');
    const weak = await browser.submit(second, { login: 'ada', password: initial, new: 'short' });
    expect(weak.text).toContain('at least 12 characters');
    const page = await browser.submit(weak, { login: 'ada', password: initial, new: OWN });
    expect([page.url, page.status, page.text]).toEqual([`${url}/dicom-web/studies`, 200, '[]']);
    expect(await account('list')).toBe('ada\tAda L.\tread,admin\tin use');
  });

  it('tells nobody whether a name or a password is wrong, and slows down who guesses', async () => {
    const browser = createBrowserSession();
    const page = await toPassword(browser);
    const answers = ['ada', 'nobody'].map((login) => browser.submit(page, { login, password: initial }));
    for (const { status, text } of await Promise.all(answers)) {
      expect(status).toBe(403);
      expect(text).toContain('The name or the password is wrong');
    }
    let last = page;
    for (let guess = 0; guess < 6; guess++) last = await browser.submit(page, { login: 'guessed', password: 'wrong' });
    expect(last.status).toBe(429);
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('asks for the password again after log out', async () => {
    const browser = await loggedIn('ada', OWN);
    await fetch(`${url}/logout`, { method: 'POST' });
    expect(await statusOf(browser)).toBe(200);
    await browser.submit({ url: `${url}/logout`, status: 200, headers: new Headers(), text: '<form>' }, {});
    expect(await statusOf(browser)).toBe(401);
    expect((await toPassword(browser)).url).toContain('/login/password/');
  });

  it('lets its managers make, change and disable accounts, and each change holds from the next request on', async () => {
    const ada = await loggedIn('ada', OWN);
    const people = await ada.open(`${url}/access/accounts`);
    expect(people.text).toContain('Make an account');
    const form = (path: string, fields: Record<string, string>): Promise<Page> =>
      ada.submit({ ...people, url: `${url}${path}`, text: '<form>' }, fields);
    const made = await form('/access/accounts', { login: 'grace', name: 'Grace H.', roles: 'read' });
    const password = /id="secret">([^<]+)</.exec(made.text)?.[1] ?? '';
    const browser = createBrowserSession();
    await browser.submit(await toPassword(browser), { login: 'grace', password, new: 'another of my words' });
    expect(await statusOf(browser)).toBe(200);
    expect(await statusOf(browser, '/ledger/instances')).toBe(403);
    expect(await statusOf(browser, '/access/accounts')).toBe(403);

    await account('roles', 'grace', 'read,audit');
    expect(await statusOf(browser, '/ledger/instances')).toBe(200);
    await form('/access/accounts/grace', { roles: 'audit' });
    expect(await statusOf(browser)).toBe(403);
    await form('/access/accounts/grace', { disabled: 'yes' });
    expect(await statusOf(browser, '/ledger/instances')).toBe(401);
    const again = await browser.submit(await toPassword(browser), { login: 'grace', password: 'another of my words' });
    expect(again.status).toBe(403);
  });

  it('gives a viewer elsewhere a token of an hour, by its own login with PKCE, and takes it as long as the account is as it was', async () => {
    await account('new', 'reader', '--roles', 'read').then(async (password) => {
      const browser = createBrowserSession();
      await browser.submit(await toPassword(browser), { login: 'reader', password, new: OWN });
    });
    const { authorization_endpoint: authorize, token_endpoint: tokens } = (await (
      await fetch(`${url}/accounts/.well-known/openid-configuration`)
    ).json()) as Record<string, string>;
    const verifier = randomBytes(32).toString('base64url');
    const parameters = {
      client_id: VIEWER,
      redirect_uri: `${VIEWER}/callback`,
      response_type: 'code',
      scope: 'openid',
      state: 'x',
      code_challenge: createHash('sha256').update(verifier).digest('base64url'),
      code_challenge_method: 'S256',
    };
    const browser = createBrowserSession();
    const page = await browser.open(`${authorize}?${new URLSearchParams(parameters).toString()}`);
    expect(page.text).toContain(`You will be logged in at <strong>${VIEWER}</strong>`);
    expect(page.headers.get('content-security-policy')).toContain(`form-action 'self' ${VIEWER};`);
    await browser.submit(page, { login: 'reader', password: OWN }).catch(() => undefined);
    const back = new URL(browser.visited.at(-1) ?? '');
    expect(back.origin).toBe(VIEWER);
    const exchange = (code_verifier: string) =>
      fetch(String(tokens), {
        method: 'POST',
        headers: { Origin: VIEWER },
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          client_id: VIEWER,
          redirect_uri: `${VIEWER}/callback`,
          code: back.searchParams.get('code') ?? '',
          code_verifier,
        }),
      });
    const answer = await exchange(verifier);
    expect(answer.headers.get('access-control-allow-origin')).toBe(VIEWER);
    const given = (await answer.json()) as Record<string, string | number>;
    expect(given).toMatchObject({ token_type: 'Bearer', expires_in: 3600 });
    expect(given).not.toHaveProperty('refresh_token');
    const ask = async () =>
      fetch(`${url}/dicom-web/studies`, { headers: { Authorization: `Bearer ${given['access_token']}` } });
    expect((await ask()).status).toBe(200);
    await account('disable', 'reader');
    const refused = await ask();
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toBe(
      `Bearer realm="dicom-ledger", error="invalid_token", resource_metadata="${url}/.well-known/oauth-protected-resource"`,
    );
    for (const other of [
      { code_challenge: undefined },
      { redirect_uri: 'https://evil.example/' },
      { response_type: 'token' },
    ]) {
      const wrong = Object.fromEntries(Object.entries({ ...parameters, ...other }).filter(([, value]) => value));
      const stopped = createBrowserSession();
      await stopped
        .open(`${authorize}?${new URLSearchParams(wrong as Record<string, string>).toString()}`)
        .catch(() => undefined);
      expect(stopped.visited.at(-1)).not.toContain('code=');
      expect(stopped.visited.at(-1)).not.toContain('/login/password/');
    }
  });

  it('says who gives tokens for this server, and registers nobody', async () => {
    expect(await (await fetch(`${url}/.well-known/oauth-protected-resource`)).json()).toEqual({
      resource: url,
      resource_name: 'dicom-ledger',
      bearer_methods_supported: ['header'],
      authorization_servers: [`${url}/accounts`],
    });
    const { issuer, ...discovered } = (await (
      await fetch(`${url}/accounts/.well-known/openid-configuration`)
    ).json()) as Record<string, unknown>;
    expect(issuer).toBe(`${url}/accounts`);
    expect(discovered).toMatchObject({
      code_challenge_methods_supported: ['S256'],
      response_types_supported: ['code'],
    });
    expect(discovered['grant_types_supported']).toEqual(['authorization_code']);
    for (const name of ['registration_endpoint', 'device_authorization_endpoint', 'userinfo_endpoint'])
      expect(discovered).not.toHaveProperty(name);
    expect((await fetch(`${url}/accounts/reg`, { method: 'POST' })).status).toBe(404);
  });

  it('keeps its files for the owner alone, and no password or token in them or in the log', async () => {
    for (const name of ['accounts.sqlite', 'accounts.sqlite-wal', 'accounts.keys'])
      expect(statSync(path.join(dataFolder, name)).mode & 0o077).toBe(0);
    const kept = ['accounts.sqlite', 'accounts.sqlite-wal'].map((name) => readFileSync(path.join(dataFolder, name)));
    for (const text of [...kept.map(String), server.output()]) {
      for (const secret of [OWN, initial, 'another of my words']) expect(text.includes(secret)).toBe(false);
      expect(text).not.toMatch(JWT);
    }
    expect(server.output()).not.toMatch(/code=|code_verifier|"level":50/);
  });
});
