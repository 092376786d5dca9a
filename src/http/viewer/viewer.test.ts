import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runInNewContext } from 'node:vm';
import request from 'supertest';
import { silentLog } from '../../base/log.js';
import { problemHandler } from '../problem-handler.js';
import { sendManifest, viewer } from './viewer.js';

const folder = mkdtempSync(path.join(tmpdir(), 'viewer-'));
const app = express();
app.use(viewer({ viewerFolder: folder, basePath: '' }));

beforeAll(() => {
  writeFileSync(path.join(folder, 'index.html'), '<title>OHIF</title>');
  writeFileSync(path.join(folder, 'app.bundle.0123456789abcdef.js'), `// ${'x'.repeat(5000)}`);
  writeFileSync(path.join(folder, '0ddf166f7a343eda.wasm'), 'wasm');
  mkdirSync(path.join(folder, 'assets'));
  writeFileSync(path.join(folder, 'logo.svg'), '<svg/>');
  writeFileSync(path.join(folder, 'app-config.js'), 'not this one');
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('viewer', () => {
  it.each(['/', '/viewer?StudyInstanceUIDs=1.2', '/notfoundstudy'])('gives the viewer its page at %s', async (url) => {
    const response = await request(app).get(url).set('Accept', 'text/html,*/*;q=0.8');
    expect([response.status, response.text]).toEqual([200, '<title>OHIF</title>']);
    expect(response.headers['content-security-policy']).toContain("script-src 'self' 'unsafe-inline' 'unsafe-eval'");
  });

  it.each<[string, string]>([
    ['/viewer', 'application/json'],
    ['/missing.js', 'text/html'],
    ['/..%2f..%2fetc/passwd', '*/*'],
    ['/assets', '*/*'],
    ['/assets/..', '*/*'],
    ['/studies/bulkdata/../../..', '*/*'],
  ])('has no page for %s as %s', async (url, accept) => {
    const response = await request(app).get(url).set('Accept', accept);
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(response.text).not.toContain('OHIF');
  });

  it('says how long a file is to whom asks for bytes beyond its end', async () => {
    const server = express().use(viewer({ viewerFolder: folder, basePath: '' }), problemHandler(silentLog));
    const response = await request(server).get('/logo.svg').set('Range', 'bytes=99999999999-');
    expect([response.status, response.headers['content-range']]).toEqual([416, 'bytes */6']);
  });

  it('configures it for the stored previews', async () => {
    const response = await request(app).get('/app-config.js');
    expect(response.headers['cache-control']).toBe('no-store');
    const window: { config?: { dataSources: { configuration: object }[] } } = {};
    runInNewContext(response.text, { window });
    expect(window.config?.dataSources[0]?.configuration).toMatchObject({
      qidoRoot: '/dicom-web',
      wadoRoot: '/dicom-web',
      thumbnailRendering: 'thumbnail',
      thumbnailRequestStrategy: 'fetch',
    });
  });

  it.each<[string, string, string]>([
    ['/app.bundle.0123456789abcdef.js', 'text/javascript; charset=utf-8', 'public, max-age=31536000, immutable'],
    ['/0ddf166f7a343eda.wasm', 'application/wasm', 'public, max-age=31536000, immutable'],
    ['/logo.svg', 'image/svg+xml', 'no-cache'],
  ])('serves %s as %s, %s', async (url, type, cache) => {
    const { headers } = await request(app).get(url);
    expect(headers).toMatchObject({ 'content-type': type, 'cache-control': cache });
  });

  it('looks for all of it below the path that the server has', async () => {
    writeFileSync(path.join(folder, 'below.js'), '__webpack_require__.p = "/"; load("/dicom-microscopy-viewer/x.js"); a = "/";');
    writeFileSync(path.join(folder, 'below.css'), 'a { src: url(/a.woff2) } b { src: url(data:x) }');
    writeFileSync(path.join(folder, 'manifest.json'), '{"icons": [{"src": "/assets/a.png"}], "start_url": "/"}');
    const index = readFileSync(path.join(folder, 'index.html'), 'utf8');
    writeFileSync(
      path.join(folder, 'index.html'),
      `${index}<script>window.PUBLIC_URL="/"</script><link href="/a.css"><script src="/a.js"></script><a href="//b/">`,
    );
    const parts = { viewerFolder: folder, basePath: '/pacs' };
    const below = express().get('/manifest.json', sendManifest(parts)).use(viewer(parts));
    const textOf = async (url: string) => {
      const answer = await request(below).get(url).set('Accept', '*/*').responseType('blob');
      return [String(answer.body), answer.headers['content-type']];
    };
    expect(await textOf('/below.js')).toEqual([
      '__webpack_require__.p = "/pacs/"; load("/pacs/dicom-microscopy-viewer/x.js"); a = "/";',
      'text/javascript; charset=utf-8',
    ]);
    expect(await textOf('/below.css')).toEqual([
      'a { src: url(/pacs/a.woff2) } b { src: url(data:x) }',
      'text/css; charset=utf-8',
    ]);
    expect((await textOf('/manifest.json'))[0]).toBe('{"icons": [{"src": "/pacs/assets/a.png"}], "start_url": "/pacs/"}');
    const page = await request(below).get('/').set('Accept', 'text/html');
    expect(page.text).toContain(
      'window.PUBLIC_URL="/pacs/"</script><link href="/pacs/a.css"><script src="/pacs/a.js"></script><a href="//b/">',
    );
    expect(page.headers['cache-control']).toBe('no-store');
    const config = (await request(below).get('/app-config.js')).text;
    const window: { config?: { routerBasename: string; dataSources: { configuration: { wadoRoot: string } }[] } } = {};
    const seen: string[] = [];
    const location = { pathname: '/pacs/viewer', search: '?a=1', assign: (url: string) => void seen.push(url) };
    runInNewContext(`${config}; window.config.httpErrorHandler({ status: 401 });`, { window, location, encodeURIComponent });
    expect(window.config).toMatchObject({ routerBasename: '/pacs', dataSources: [{ configuration: { wadoRoot: '/pacs/dicom-web' } }] });
    expect(seen).toEqual([`/pacs/login?return=${encodeURIComponent('/viewer?a=1')}`]);
  });

  it('compresses what is large', async () => {
    const script = request(app).get('/app.bundle.0123456789abcdef.js').set('Accept-Encoding', 'gzip');
    expect((await script).headers['content-encoding']).toBe('gzip');
  });

  it('says how to get the viewer when it is not there', async () => {
    const bare = express().use(viewer({ viewerFolder: path.join(folder, 'absent'), basePath: '' }));
    const response = await request(bare).get('/').set('Accept', 'text/html');
    expect(response.text).toContain('node scripts/fetch-viewer.mjs');
  });
});
