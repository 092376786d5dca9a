import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import request from 'supertest';
import type { WayIn } from '../../access/principal.js';
import { whoever } from '../../access/testing/whoever.js';
import type { Archive } from '../../archive/archive.js';
import { onBehalfOf } from '../../base/on-behalf-of.js';
import { until } from '../../base/testing/until.js';
import { readConfig } from '../../config.js';
import { createHttpApp } from '../create-http-app.js';
import { httpPartsOver } from '../testing/http-app-over.js';

/** An application whose searches end when they are told to; the header X-Who says whose a request is. */
function bed({ requestsPerMinute = '10000', via = 'api-key' }: { requestsPerMinute?: string; via?: WayIn } = {}) {
  const searching: { owner: string | undefined; end: () => void }[] = [];
  const archive = {
    search: () =>
      new Promise((resolve) => {
        const end = (): void => resolve({ matches: [], remaining: 0 });
        searching.push({ owner: onBehalfOf.getStore()?.name, end });
      }),
  } as unknown as Archive;
  const app = createHttpApp({
    ...httpPartsOver(archive),
    config: readConfig({ REQUESTS_PER_MINUTE: requestsPerMinute }),
    authenticate: async ({ headers }) => whoever({ subject: String(headers['x-who']), via }),
  });
  return { app, searching };
}

describe('createLimitCallers', () => {
  it('lets eight searches of one caller run, the others in turn, and those of another at once', async () => {
    const { app, searching } = bed();
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const ask = (who: string) => {
      const asking = get({ port, path: '/dicom-web/studies', headers: { 'X-Who': who }, agent: false });
      return { asking, answered: once(asking, 'response') };
    };
    const first = Array.from({ length: 12 }, () => ask('first'));
    const answered = first.slice(0, 11).map((one) => one.answered);
    await until('eight searches', () => searching.length === 8);
    const second = ask('second');
    await until('that of the second caller', () => searching.length === 9);
    expect(searching.map(({ owner }) => owner?.includes('second'))).toEqual([...Array<boolean>(8).fill(false), true]);
    // Whoever goes away while it waits takes nobody's turn.
    const gone = first.at(-1);
    gone?.answered.catch(() => undefined);
    gone?.asking.destroy();
    const connections = promisify(server.getConnections.bind(server));
    await until('the server to see that it is gone', async () => (await connections()) === 12);
    searching.forEach(({ end }) => end());
    await second.answered;
    await until('those that waited', () => searching.length === 12);
    searching.forEach(({ end }) => end());
    const statuses = (await Promise.all(answered)).map(([answer]) => (answer as { statusCode: number }).statusCode);
    expect(statuses).toEqual(Array<number>(11).fill(200));
    server.closeAllConnections();
    server.close();
  });

  it('answers 429 with Retry-After to whom has asked too often, and to nobody else', async () => {
    const { app } = bed({ requestsPerMinute: '60' });
    const ask = (who: string) => request(app).get('/ledger/network').set('X-Who', who);
    for (let time = 0; time < 60; time++) await ask('first');
    const refused = await ask('first');
    expect([refused.status, (refused.body as { code: string }).code]).toEqual([429, 'too-many-requests']);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await ask('second')).status).not.toBe(429);
    expect((await request(app).get('/healthz').set('X-Who', 'first')).status).toBe(200);
  });

  it('does not bound whoever has the local token', async () => {
    const { app } = bed({ requestsPerMinute: '60', via: 'local-token' });
    const ask = () => request(app).get('/ledger/network').set('X-Who', 'local');
    for (let time = 0; time < 60; time++) await ask();
    expect((await ask()).status).not.toBe(429);
  });
});
