import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Router, type Request, type Response } from 'express';
import request, { type Response as Answer } from 'supertest';
import type { Emergency } from '../access/emergency.js';
import { PERMISSIONS, type Permission, type Principal } from '../access/principal.js';
import { whoever } from '../access/testing/whoever.js';
import type { Archive } from '../archive/archive.js';
import type { Letters } from '../archive/letters/letters.js';
import type { Sharing } from '../archive/sharing/sharing.js';
import { LedgerError } from '../base/errors.js';
import { createHttpApp, type HttpAppParts } from './create-http-app.js';
import type { Method, Route } from './route.js';
import { routes } from './routes.js';
import type { StoringStopped } from './store-gate.js';
import { httpPartsOver } from './testing/http-app-over.js';

const refuse = (): never => {
  throw new LedgerError('conflict', 'This archive does nothing.');
};

/** Whatever a handler asks of it is refused with 409, which only a handler that is reached can pass on. */
const archive = new Proxy({}, { get: () => refuse }) as unknown as Archive;
const letters = archive as unknown as Letters;
const sharing = archive as unknown as Sharing;
const parts: HttpAppParts = { ...httpPartsOver(archive), letters, sharing, network: async () => refuse() };
const table = routes({ ...parts, uploadOptions: { publicUrl: undefined, maxInstanceBytes: 1 } });

let stopped: StoringStopped | undefined;
let permissions: Permission[] = [];
let isKnown = true;
beforeEach(() => {
  stopped = undefined;
  isKnown = true;
  permissions = [...PERMISSIONS];
});
const app = createHttpApp({
  ...parts,
  storingStopped: () => stopped,
  authenticate: async () => {
    if (!isKnown) throw new LedgerError('unauthenticated', 'Nobody is logged in.');
    // One in an emergency, so that no row refuses for another reason than a permission.
    const emergency: Emergency = { purpose: 'BTG', reason: 'stroke', endsAt: Date.now() + 60_000 };
    const differs = { mayBreakGlass: true, emergency, via: 'session' as const };
    return whoever({ name: 'somebody', permissions: new Set(permissions), ...differs });
  },
});

const server = app.listen(0, '127.0.0.1');
afterAll(() => new Promise((resolve) => server.close(resolve)));

/** A URL that the path of a row matches. */
const urlOf = ({ path }: Route): string =>
  path
    .replace(/\{\/\*rest\}/, '/x')
    .replace(/\{\/?\*any\}$/, (any) => (any.startsWith('{/') ? '/studies' : 'studies'))
    .replace(/\*path/, 'x')
    .replace(/:\w+/g, '1');

const METHODS: Record<Method, string[]> = {
  GET: ['GET', 'HEAD'],
  POST: ['POST'],
  PUT: ['PUT'],
  DELETE: ['DELETE'],
  OPTIONS: ['OPTIONS'],
  ANY: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
  FILES: ['GET', 'HEAD'],
};

/** Asks every row by all its methods, and lists what is not answered as `expected` says. */
async function wrongAnswers(expected: (answer: Answer, row: Route) => boolean): Promise<string[]> {
  const asked = table.flatMap((row) => METHODS[row.method].map((method) => ({ row, method })));
  const wrong = asked.map(async ({ row, method }) => {
    const answer = await ask(method, urlOf(row));
    return expected(answer, row) ? [] : [`${method} ${urlOf(row)}: ${answer.status} ${answer.text}`];
  });
  return (await Promise.all(wrong)).flat();
}

function ask(method: string, url: string): Promise<Answer> {
  return Promise.resolve(request(server)[method.toLowerCase() as 'get'](url));
}

describe('routes', () => {
  it('has a row for every method of every path but once', () => {
    const names = table.map(({ method, path }) => `${method} ${path}`);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(50);
  });

  it('lets nobody write to the chain who may not', () => {
    for (const { writes, permission } of table) if (writes) expect(['write', 'retire', 'admin']).toContain(permission);
    const rest = { service: 'Store', method: 'POST', path: '/', handler: refuse } as const;
    // @ts-expect-error A row that writes cannot be public.
    const open: Route = { ...rest, permission: 'public', writes: true };
    // @ts-expect-error A row says what permission it needs.
    const without: Route = { ...rest, writes: false };
    expect([open, without]).toHaveLength(2);
  });

  it('has no two paths for one URL', async () => {
    const rows = table.filter(({ method }) => method !== 'FILES' && method !== 'OPTIONS');
    const paths = [...new Set(rows.map(({ path }) => path))];
    for (const row of rows) {
      const found: string[] = [];
      const router = Router({ caseSensitive: true });
      for (const path of paths)
        router.all(path, (_request, _response, next) => {
          found.push(path);
          next();
        });
      const asked = { url: urlOf(row), method: 'GET' } as Request;
      await new Promise<void>((resolve) => router(asked, {} as Response, () => resolve()));
      // A count is no study: that row is asked first.
      const isCount = row.path.endsWith('/count');
      expect(found.filter((path) => !(isCount && /:(study|series|instance)$/.test(path)))).toEqual([row.path]);
    }
  });

  it('leads every row to its handler, and answers 501 where there is none', async () => {
    const isReached = ({ status, text }: Answer): boolean =>
      [200, 201, 303, 400, 409, 415].includes(status) || (status === 404 && !text?.includes('There is nothing to'));
    expect(
      await wrongAnswers((answer, { handler }) =>
        handler === 'not-implemented' ? answer.status === 501 : isReached(answer),
      ),
    ).toEqual([]);
  });

  it('answers every other method of a path with 405, and Allow has those that it knows', async () => {
    const resources = table.filter(({ method }) => /^(GET|POST|PUT|DELETE)$/.test(method));
    for (const url of new Set(resources.map(urlOf))) {
      const known = resources.filter((row) => urlOf(row) === url).flatMap(({ method }) => METHODS[method]);
      if (url.includes('/dicom-web/')) known.push('OPTIONS');
      for (const method of METHODS.ANY.filter((one) => !known.includes(one))) {
        const { status, headers } = await ask(method, url);
        const allowed = new Set(headers['allow']?.split(', '));
        expect([method, url, status, allowed]).toEqual([method, url, 405, new Set(known)]);
      }
    }
  });

  it('closes the gate before every row that writes, and before no other', async () => {
    stopped = { code: 'no-node', sentence: 'No node answers.' };
    expect(await wrongAnswers(({ status }, { writes }) => (status === 503) === writes)).toEqual([]);
  });
});

describe('authorize', () => {
  it.each(PERMISSIONS)(
    'answers every row of %s with 403 to whom all other permissions are given, and no other row',
    async (one) => {
      permissions = PERMISSIONS.filter((permission) => permission !== one);
      stopped = { code: 'no-node', sentence: 'No node answers.' };
      const isRefused = (row: Route): boolean => row.permission === one;
      expect(await wrongAnswers(({ status }, row) => (status === 403) === isRefused(row))).toEqual([]);
    },
  );

  it('answers every row that is not public with 401 to whoever is not let in, and no other row', async () => {
    isKnown = false;
    stopped = { code: 'no-node', sentence: 'No node answers.' };
    const isRefused = ({ status, headers }: Answer): boolean =>
      status === 401 && headers['www-authenticate'] !== undefined;
    expect(await wrongAnswers((answer, { permission }) => isRefused(answer) === (permission !== 'public'))).toEqual([]);
  });

  it('says which permission is missing', async () => {
    permissions = ['read'];
    const answer = await ask('DELETE', '/dicom-web/studies/1/series/1/instances/1');
    expect(answer).toMatchObject({
      status: 403,
      body: {
        code: 'forbidden',
        title: 'Forbidden',
        detail:
          'Retirement needs the permission "retire", which somebody does not have; ask the operator of the server.',
      },
    });
  });

  it('answers what the place of principals throws, and pages of other origins can read why', async () => {
    const nobody = async (): Promise<Principal> => {
      throw new LedgerError('unavailable', 'Nobody can be told from another just now.');
    };
    const config = { ...parts.config, CORS_ORIGINS: ['*'] };
    const closed = createHttpApp({ ...parts, config, authenticate: nobody });
    const refused = await request(closed).get('/dicom-web/studies').set('Origin', 'https://viewer.example');
    expect([refused.status, refused.headers['access-control-allow-origin']]).toEqual([503, '*']);
    expect((await request(closed).get('/healthz')).status).toBe(200);
  });
});
