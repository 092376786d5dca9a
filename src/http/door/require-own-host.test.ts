import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, request as ask, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { readConfig } from '../../config.js';
import type { Archive } from '../../archive/archive.js';
import { createHttpApp } from '../create-http-app.js';
import { routes } from '../routes.js';
import { httpPartsOver } from '../testing/http-app-over.js';

const parts = httpPartsOver({} as Archive);
const config = readConfig({
  PUBLIC_URL: 'https://pacs.example/archive',
  ALLOWED_HOSTS: 'PACS, north.example,[2001:db8::1]',
  HOST: '192.0.2.7',
});
let server: Server;
let port: number;

beforeAll(async () => {
  server = createServer(createHttpApp({ ...parts, config })).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => void server.close());

async function answerTo(host: string, path = '/healthz', method = 'GET'): Promise<{ status: number; body: string }> {
  const asking = ask({ port, host: '127.0.0.1', path, method, headers: { host }, agent: false });
  asking.end();
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, body: await text(answer) };
}

async function rawStatus(head: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(`${head}\r\n\r\n`);
  return (await text(socket)).slice(9, 12);
}

describe('requireOwnHost', () => {
  it.each([
    'localhost',
    'localhost:8080',
    'LocalHost:1',
    '127.0.0.1:9',
    '127.8.8.8',
    '[::1]:8080',
    'pacs.example',
    'pacs.example:443',
    'pacs',
    'north.example:8080',
    '[2001:db8::1]',
    '192.0.2.7:8080',
  ])('lets requests to %s pass', async (host) => {
    expect((await answerTo(host)).status).toBe(200);
  });

  it.each([
    'evil.example',
    'evil.example:8080',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'pacs.example.',
    'evilpacs.example',
    '0.0.0.0',
    '[::]',
    '192.0.2.8',
    '2130706433',
    'user@localhost',
    'localhost/evil',
  ])('answers requests to "%s" with 421', async (host) => {
    const { status, body } = await answerTo(host);
    expect([status, (JSON.parse(body) as { code: string }).code]).toEqual([421, 'misdirected']);
  });

  it('stands before every route, whatever the method', async () => {
    const table = routes({ ...parts, uploadOptions: { publicUrl: undefined, maxInstanceBytes: 1 } });
    const paths = [...new Set(table.map(({ path }) => path.replace(/\{.*\}/, '').replace(/[:*]\w+/g, '1')))];
    expect(paths).toEqual(expect.arrayContaining(['/', '/metrics', '/ledger/network', '/dicom-web/studies']));
    const passed: string[] = [];
    for (const path of paths)
      for (const method of ['GET', 'POST', 'DELETE', 'OPTIONS'])
        if ((await answerTo('evil.example', path, method)).status !== 421) passed.push(`${method} ${path}`);
    expect(passed).toEqual([]);
  });

  it.each([
    ['GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nConnection: close', '400'],
    ['GET /healthz HTTP/1.1\r\nHost: localhost\r\nhost: evil.example\r\nConnection: close', '400'],
    ['GET /healthz HTTP/1.0', '421'],
    ['GET /healthz HTTP/1.1\r\nHost:\r\nConnection: close', '421'],
    ['GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close', '421'],
    ['GET http://localhost/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close', '200'],
  ])('answers %j with %s', async (head, status) => {
    expect(await rawStatus(head)).toBe(status);
  });
});
