import { describe, expect, it } from '@jest/globals';
import express from 'express';
import request, { type Response } from 'supertest';
import { LedgerError } from '../../base/errors.js';
import { whoever } from '../../access/testing/whoever.js';
import { html } from '../pages/html.js';
import { sendPage } from '../pages/layout.js';
import { createHttpApp } from '../create-http-app.js';
import type { Archive } from '../../archive/archive.js';
import { httpPartsOver } from '../testing/http-app-over.js';
import { belowPath } from './below-path.js';

function appAt(basePath: string): express.Express {
  const app = express();
  app.use(belowPath(basePath));
  app.get('/where', ({ url, originalUrl }, response) => void response.json([url, originalUrl]));
  app.get('/', ({ url }, response) => void response.json([url]));
  app.get('/to', ({ query }, response) => response.redirect(303, query['at'] as string));
  app.get('/page', (_request, response) =>
    sendPage(response, {
      title: '" href="/x',
      principal: whoever({ permissions: new Set(['read', 'admin']), via: 'session' }),
      body: html`<a href="//other.example/">${' href="/y'}</a><a href="https://other.example/">there</a>`,
    }),
  );
  return app;
}

const get = (basePath: string, url: string): Promise<Response> => Promise.resolve(request(appAt(basePath)).get(url));

describe('belowPath', () => {
  it.each([
    ['/pacs/where?a=/pacs/b', ['/where?a=/pacs/b', '/where?a=/pacs/b']],
    ['/where?a=b', ['/where?a=b', '/where?a=b']],
    ['/pacs', ['/']],
    ['/pacs/', ['/']],
    ['/pacs?a', ['/?a']],
  ])('answers %s with the path and without it', async (url, seen) => {
    expect((await get('/pacs', url)).body).toEqual(seen);
  });

  it.each(['/pacsx/where', '/pac/where', '/x/pacs/where', '/pacs/pacs/where'])(
    'does not take %s for it',
    async (url) => {
      expect((await get('/pacs', url)).status).toBe(404);
    },
  );

  it.each([
    ['/login?return=/', '/pacs/login?return=/'],
    ['/pacs/login', '/pacs/login'],
    ['https://other.example/login', 'https://other.example/login'],
  ])('leads on to %s as %s', async (given, location) => {
    const answer = await get('/pacs', `/to?at=${encodeURIComponent(given)}`);
    expect([answer.status, answer.headers['location']]).toEqual([303, location]);
  });

  it('is in every link and form of a page, and in nothing else', async () => {
    const { text } = await get('/pacs', '/page');
    for (const path of ['/', '/access', '/pages/style.css', '/login']) expect(text).toContain(`href="/pacs${path}"`);
    expect(text).toContain('action="/pacs/logout"');
    expect(text).not.toMatch(/(href|action)="\/(?!pacs\/|\/)/);
    for (const kept of ['href="//other.example/"', 'href="https://other.example/"', 'href=&#34;/y', 'href=&#34;/x'])
      expect(text).toContain(kept);
  });

  it('leaves all as it is where the server has all of its host', async () => {
    expect((await get('', '/pacs/where')).status).toBe(404);
    expect((await get('', '/to?at=/login')).headers['location']).toBe('/login');
    expect((await get('', '/page')).text).toContain('href="/pages/style.css"');
  });

  it('leads whoever is not logged in to the login below it, and back', async () => {
    const app = createHttpApp({
      ...httpPartsOver({} as Archive, { publicUrl: 'https://hospital.example/pacs' }),
      authenticate: async () => {
        throw new LedgerError('unauthenticated', 'Nobody is logged in.');
      },
    });
    const answer = await request(app).get('/pacs/viewer?StudyInstanceUIDs=1.2').set('Accept', 'text/html');
    expect(answer.headers['location']).toBe(
      `/pacs/login?return=${encodeURIComponent('/viewer?StudyInstanceUIDs=1.2')}`,
    );
  });
});
