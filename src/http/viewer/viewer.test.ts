import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express from 'express';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runInNewContext } from 'node:vm';
import request from 'supertest';
import { silentLog } from '../../base/log.js';
import { problemHandler } from '../problem-handler.js';
import { viewer } from './viewer.js';

const folder = mkdtempSync(path.join(tmpdir(), 'viewer-'));
const app = express();
app.use(viewer({ viewerFolder: folder, basePath: '' }));

beforeAll(() => {
  writeFileSync(path.join(folder, 'index.html'), '<title>OHIF</title>');
  writeFileSync(path.join(folder, 'app.bundle.0123456789abcdef.js'), `// ${'x'.repeat(5000)}`);
  writeFileSync(path.join(folder, '0ddf166f7a343eda.wasm'), 'wasm');
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
