import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { RequestListener, ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connect as connectByTls } from 'node:tls';
import { silentLog } from '../../base/log.js';
import { until } from '../../base/testing/until.js';
import { openListener } from './open-listener.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-drain-'));
const [TLS_CERT_FILE, TLS_KEY_FILE] = ['crt', 'key'].map((ending) => path.join(folder, `a.${ending}`)) as [string, string]; // prettier-ignore
const tls = { TLS_CERT_FILE, TLS_KEY_FILE, TLS_CLIENT_CA_FILE: undefined };
beforeAll(() => {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=localhost'];
  execFileSync('openssl', ['req', '-x509', ...key, '-keyout', TLS_KEY_FILE, '-out', TLS_CERT_FILE], {
    stdio: 'ignore',
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

const asking = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

describe('createDrain', () => {
  it.each<[string, typeof tls | undefined]>([
    ['HTTP', undefined],
    ['TLS', tls],
  ])('of %s closes what holds a connection without a request, and lets a request end', async (_name, files) => {
    const waiting: ServerResponse[] = [];
    const app: RequestListener = (request, response) => {
      if (request.url === '/slow') waiting.push(response);
      else response.end('done');
    };
    const options = { HOST: '127.0.0.1', PORT: 0, MAX_CONNECTIONS: 20, tls: files };
    const listener = await openListener({ app, log: silentLog }, options);
    const port = Number(new URL(listener.url).port);
    const received = new Map<Socket, string>();
    const open = async (sent: string, byTls: boolean): Promise<Socket> => {
      const socket = byTls
        ? connectByTls({ port, host: '127.0.0.1', rejectUnauthorized: false })
        : connect(port, '127.0.0.1');
      received.set(socket, '');
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => received.set(socket, received.get(socket) + bytes.toString()));
      await once(socket, byTls ? 'secureConnect' : 'connect');
      if (sent !== '') socket.write(sent);
      return socket;
    };
    const isTls = files !== undefined;
    const answered = await open(asking('/'), isTls);
    const half = [
      await open('GET / HTTP/1.1\r\nHost: local', isTls),
      await open(`${asking('/')}GET / HTT`, isTls),
      // The first bytes of a handshake, or nothing.
      await open(isTls ? '\x16\x03' : '', false),
      await open('', false),
      await open('', isTls),
    ];
    const slow = await open(asking('/slow'), isTls);
    await until(
      'the answer, and the request under way',
      async () =>
        [answered, half[1]].every((socket) => received.get(socket!)?.endsWith('done')) && waiting.length === 1,
    );

    const closed = listener.close();
    for (const socket of [answered, ...half]) if (!socket.closed) await once(socket, 'close');
    expect(slow.closed).toBe(false);
    waiting[0]?.end('late');
    await closed;
    await until('the late answer', async () => received.get(slow)?.endsWith('late') === true);
  });
});
