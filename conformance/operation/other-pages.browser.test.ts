import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { get, instancePath, stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { loginLinkOf } from '../viewer/testing/viewer-page.js';

const ids = { study: newUid(), series: newUid(), instance: newUid() };
const uids = { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance };
const CANARY = 'Canary^Name';
const profile = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-chromium-'));

let server: RunningServer;
/** Gives an empty page for every path. */
let elsewhere: Server;
let context: BrowserContext;
let page: Page;
let elsewherePort: number;
let serverPort: string;

interface Loot {
  /** What could be read, all together. */
  text: string;
  pictureWidth: number;
}

/** Everything that a page can try, as its browser runs it. */
const ATTACK = `async ({ target, instance, SOPInstanceUID, patient }) => {
  let text = '';
  const read = async (path, init) => {
    try {
      text += await (await fetch(target + path, init)).text();
    } catch {
      // Nothing could be read.
    }
  };
  const modes = [{}, { credentials: 'include' }, { mode: 'no-cors', credentials: 'include' }];
  for (const init of modes)
    for (const path of ['/dicom-web/studies', instance + '/metadata', instance + '/rendered', '/ledger/instances'])
      await read(path, init);

  const picture = new Image();
  picture.src = target + instance + '/thumbnail';
  await picture.decode().catch(() => undefined);

  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 16;
  const png = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
  const file = new File([png], 'evil.png', { type: 'image/png' });
  const images = '/dicom-web/patients/' + patient + '/images';
  for (const init of modes) {
    const body = new FormData();
    body.set('file', file);
    await read(images, { ...init, method: 'POST', body });
    await read('/ledger/instances/' + SOPInstanceUID + '/retire', { ...init, method: 'POST', body: '{"reason":"evil"}' });
    await read('/ledger/instances/' + SOPInstanceUID + '/verify', { ...init, method: 'POST' });
  }
  await read(instance, { method: 'DELETE', credentials: 'include' });

  const frame = document.createElement('iframe');
  frame.name = 'sink';
  document.body.append(frame);
  const form = document.createElement('form');
  Object.assign(form, { method: 'post', enctype: 'multipart/form-data', action: target + images, target: 'sink' });
  const input = document.createElement('input');
  Object.assign(input, { type: 'file', name: 'file' });
  const transfer = new DataTransfer();
  transfer.items.add(file);
  input.files = transfer.files;
  form.append(input);
  document.body.append(form);
  const loaded = new Promise((resolve) => frame.addEventListener('load', resolve, { once: true }));
  form.submit();
  await loaded;
  return { text, pictureWidth: picture.naturalWidth };
}`;

async function attackFrom(url: string, target: string, patient: string): Promise<Loot> {
  await page.goto(url);
  const given = { target, instance: instancePath(ids), SOPInstanceUID: ids.instance, patient };
  return page.evaluate<Loot>(`(${ATTACK})(${JSON.stringify(given)})`);
}

const imagesOf = async (patient: string): Promise<unknown[]> =>
  (await (await get(`${server.url}/dicom-web/patients/${patient}/images`)).json()) as unknown[];

beforeAll(async () => {
  server = await startServer();
  serverPort = new URL(server.url).port;
  elsewhere = createServer(
    (_request, response) => void response.setHeader('Content-Type', 'text/html').end('<body></body>'),
  );
  await once(elsewhere.listen(0, '127.0.0.1'), 'listening');
  elsewherePort = (elsewhere.address() as AddressInfo).port;
  expect((await stowSingle(server.url, ctSlice({ ...uids, PatientName: CANARY }, { size: 64 }))).status).toBe(200);
  context = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    headless: true,
    args: ['--no-sandbox', '--host-resolver-rules=MAP evil.example 127.0.0.1'],
  });
  page = context.pages()[0] ?? (await context.newPage());
  // Whose page the others abuse: the operator's, who is logged in.
  await page.goto(await loginLinkOf(server.url));
  // What evil.example gave before its name pointed at this machine.
  await context.route(`http://evil.example:${serverPort}/before`, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<body></body>' }),
  );
});
afterAll(async () => {
  await context?.close();
  elsewhere?.close();
  await server?.stop();
  rmSync(profile, { recursive: true, force: true });
});

describe('A page of another origin, in the browser of somebody who is logged in', () => {
  it.each<[string, () => string, () => string]>([
    ['at another site', () => `http://evil.example:${elsewherePort}/`, () => server.url],
    ['at another port of this machine', () => `http://127.0.0.1:${elsewherePort}/`, () => server.url],
    [
      'whose name was made to point at this machine',
      () => `http://evil.example:${serverPort}/before`,
      () => `http://evil.example:${serverPort}`,
    ],
  ])('reads nothing and writes nothing: %s', async (where, from, target) => {
    const patient = `VICTIM-${where.length}`;
    const loot = await attackFrom(from(), target(), patient);
    expect(loot.text).not.toContain('Canary');
    expect(loot.text).not.toContain(ids.instance);
    if (!where.startsWith('whose')) expect(loot.text).toBe('');
    expect(loot.pictureWidth).toBe(0);
    expect(await imagesOf(patient)).toEqual([]);
    expect((await get(`${server.url}${instancePath(ids)}/metadata`)).status).toBe(200);
  });

  it('and by the same steps a page of ours reads and writes, so that the steps are right', async () => {
    await context.route(`${server.url}/own`, (route) =>
      route.fulfill({ contentType: 'text/html', body: '<body></body>' }),
    );
    const loot = await attackFrom(`${server.url}/own`, server.url, 'OWN');
    expect(loot.text).toContain('Canary');
    expect(loot.pictureWidth).toBeGreaterThan(0);
    expect((await imagesOf('OWN')).length).toBeGreaterThan(0);
    expect((await get(`${server.url}${instancePath(ids)}/metadata`)).status).toBe(410);
  });
});
