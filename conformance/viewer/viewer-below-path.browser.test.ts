import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { until } from '../../src/base/testing/until.js';
import { freePorts } from '../../src/network/ports.js';
import { runCommand } from '../testing/command-line.js';
import { stow } from '../testing/dicomweb-client.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { ctSeries } from './testing/viewer-images.js';
import { canvasPixels, shownThumbnails, studyRow } from './testing/viewer-page.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-below-'));
const dataFolder = path.join(folder, 'data');
const at = (name: string): string => path.join(folder, name);
const OWN = 'my own words 4711';
const scan = ctSeries({ count: 3, PatientID: 'BELOW-1', PatientName: [{ Alphabetic: 'Below^Bea' }] });

let proxy: ChildProcess;
let server: RunningServer;
let context: BrowserContext;
let page: Page;
/** `https://localhost:43210/pacs`. */
let url: string;
/** Of all that the browser has asked: what is not below `url`, and what was not found. */
const astray: string[] = [];

/** A proxy that serves other things too, and takes `/pacs` away. */
function startProxy(port: number, upstream: string): ChildProcess {
  const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const temporary = kinds.map((kind) => `${kind}_temp_path ${at(kind)};`).join(' ');
  writeFileSync(
    at('nginx.conf'),
    `${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; pid ${at('pid')}; error_log stderr; events {}
    http { access_log off; ${temporary}
      server {
        listen 127.0.0.1:${port} ssl; ssl_certificate ${at('cert.pem')}; ssl_certificate_key ${at('key.pem')};
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto $scheme;
        client_max_body_size 0;
        location /pacs/ { proxy_pass ${upstream}/; }
        location / { return 418; }
      }
    }`,
  );
  return spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', at('nginx.conf')], { stdio: 'ignore' });
}

beforeAll(async () => {
  execFileSync(
    'openssl',
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost'
      .split(' ')
      .concat('-keyout', at('key.pem'), '-out', at('cert.pem')),
    { stdio: 'ignore' },
  );
  writeFileSync(at('roles.json'), JSON.stringify({ roles: { reader: { permissions: ['read'] } } }));
  chmodSync(at('roles.json'), 0o600);
  const made = await runCommand(['account', 'new', 'ada', '--roles', 'reader', '--name', 'Ada L.'], {
    DATA_DIR: dataFolder,
  });
  expect(made.code).toBe(0);
  const [port = 0] = await freePorts(1);
  url = `https://localhost:${port}/pacs`;
  server = await startServer({
    dataFolder,
    env: { ACCOUNTS: 'on', ACCESS_FILE: at('roles.json'), PUBLIC_URL: url, TRUST_PROXY: '127.0.0.1' },
  });
  expect((await stow(server.url, scan.files)).status).toBe(200);
  proxy = startProxy(port, server.url);
  context = await chromium.launchPersistentContext(at('profile'), {
    executablePath: '/usr/bin/chromium',
    headless: true,
    viewport: { width: 1600, height: 900 },
    args: ['--no-sandbox'],
    ignoreHTTPSErrors: true,
  });
  context.on('response', (response) => {
    if (response.status() >= 400) astray.push(`${response.status()} ${response.url()}`);
  });
  context.on('request', (request) => {
    const asked = request.url();
    if (/^https?:/.test(asked) && !asked.startsWith(`${url}/`)) astray.push(`asked for ${asked}`);
  });
  page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(60_000);
  await until('the proxy to answer', async () =>
    (await context.request.get(`${url}/healthz`).catch(() => undefined))?.ok() === true,
  );
  await page.goto(`${url}/`);
  await page.locator('main a[href*="/login/oidc"]').click();
  await page.locator('input[name=login]').fill('ada');
  await page.locator('input[name=password]').fill(made.stdout.trim());
  await page.keyboard.press('Enter');
  await page.locator('input[name=new]').fill(OWN);
  await page.locator('input[name=login]').fill('ada');
  await page.locator('input[name=password]').fill(made.stdout.trim());
  astray.length = 0;
  await page.keyboard.press('Enter');
  await studyRow(page, 'BELOW-1').waitFor();
}, 240_000);
afterAll(async () => {
  await context?.close();
  if (proxy?.exitCode === null) {
    proxy.kill('SIGTERM');
    await once(proxy, 'exit');
  }
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('The server at a path of its host, through a proxy', () => {
  it('keeps its session to itself: the cookie is for its path alone, and Secure', async () => {
    const cookies = (await context.cookies(url)).filter(({ name }) => name.includes('dicom-ledger-'));
    expect(cookies.some(({ name }) => name.startsWith('__Secure-dicom-ledger-'))).toBe(true);
    for (const { name, path: ofPath, secure } of cookies)
      expect([name, ofPath.startsWith('/pacs'), secure]).toEqual([name, true, true]);
  });

  it('shows the list, and the images of a study, and asks for nothing outside of its path', async () => {
    expect(new URL(page.url()).pathname).toMatch(/^\/pacs\/?$/);
    await page.goto(`${url}/viewer?StudyInstanceUIDs=${scan.StudyInstanceUID}`);
    expect((await canvasPixels(page)).lit).toBeGreaterThan(0.1);
    await shownThumbnails(page, 1);
    expect(astray).toEqual([]);
  });

  it('leads from page to page below its path, and out', async () => {
    await page.goto(`${url}/login`);
    await page.getByText('You are logged in').waitFor();
    const leadsTo = (await page.content()).matchAll(/ (?:href|action)="(\/[^"]*)"/g);
    for (const [, href] of leadsTo) expect(href).toMatch(/^\/pacs\//);
    await page.goto(`${url}/services`);
    await page.getByRole('link', { name: 'OpenAPI' }).click();
    expect(await page.content()).toContain(`&quot;url&quot;: &quot;${url}&quot;`.replaceAll('&quot;', '"'));
    await page.goto(`${url}/login`);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.waitForURL(`${url}/login**`);
    expect((await page.request.get(`${url}/dicom-web/studies`)).status()).toBe(401);
  });

  it('answers with its path too, for a proxy that leaves it', async () => {
    const answer = await fetch(`${server.url}/pacs/dicom-web/studies`);
    const [found] = (await answer.json()) as Record<string, { Value: string[] }>[];
    expect(found?.['00081190']?.Value[0]).toBe(`${url}/dicom-web/studies/${scan.StudyInstanceUID}`);
  });
});
