import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { connect, constants } from 'node:http2';
import { request, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';

import { createAuthenticate, type Way } from '../../src/access/authenticate.js';
import { whoever } from '../../src/access/testing/whoever.js';
import { createClientOf } from '../../src/access/client-of.js';
import { silentLog } from '../../src/base/log.js';
import { until } from '../../src/base/testing/until.js';
import { readConfig } from '../../src/config.js';
import { createHttpApp } from '../../src/http/create-http-app.js';
import { openListener, type Listener } from '../../src/http/listen/open-listener.js';
import { httpPartsOver } from '../../src/http/testing/http-app-over.js';
import { openSite, type Site } from '../../src/site.js';
import { instancePath, multipartBody, sha256, storedSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { freePorts } from '../../src/network/ports.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-proxy-'));
const dataFolder = path.join(folder, 'data');
const at = (name: string): string => path.join(folder, name);
const TOKEN = { Authorization: 'Bearer right' };
const STOW = { 'Content-Type': 'multipart/related; type="application/dicom"; boundary="b-1"' };

let site: Site;
let listener: Listener;
const clientOf = createClientOf({ TRUST_PROXY: ['127.0.0.1'], BEHIND_TLS_PROXY: 'off' });
/** What the server was last asked with. */
let heard: IncomingMessage['headers'] = {};
const children: ChildProcess[] = [];

/** The committed configuration, for this machine. */
function configuration(name: string, port: number): string {
  return readFileSync(path.resolve('docker/proxy', name), 'utf8')
    .replaceAll('/etc/ssl/private/pacs.example.key', at('key.pem'))
    .replaceAll('/etc/ssl/pacs.example.crt', at('cert.pem'))
    .replaceAll('127.0.0.1:8080', new URL(listener.url).host)
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replace('server_name pacs.example', 'server_name localhost')
    .replace(/^pacs\.example \{/m, `https://localhost:${port} {`);
}

const PROXIES = {
  nginx: (port: number): ChildProcess => {
    const kinds = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const temporary = kinds.map((kind) => `${kind}_temp_path ${at(kind)};`).join(' ');
    writeFileSync(at('site.conf'), configuration('nginx.conf', port));
    writeFileSync(
      at('nginx.conf'),
      `${process.getuid?.() === 0 ? 'user root;' : ''} daemon off; pid ${at('pid')}; error_log stderr; events {}
      http { access_log off; ${temporary} include ${at('site.conf')}; }`,
    );
    return spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', at('nginx.conf')], { stdio: 'ignore' });
  },
  caddy: (port: number): ChildProcess => {
    const options = '{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n';
    writeFileSync(at('Caddyfile'), options + configuration('Caddyfile', port));
    const env = { PATH: process.env['PATH'], HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
    return spawn('caddy', ['run', '--config', at('Caddyfile'), '--adapter', 'caddyfile'], { stdio: 'ignore', env });
  },
};

interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

async function ask(
  port: number,
  options: RequestOptions,
  body: readonly Uint8Array[] = [],
  afterFirst?: () => Promise<unknown>,
) {
  const asking = request({
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: readFileSync(at('cert.pem')),
    ...options,
  });
  const answered = once(asking, 'response') as Promise<[IncomingMessage]>;
  const [first = Buffer.alloc(0), ...rest] = body;
  asking.write(first);
  await afterFirst?.();
  for (const part of rest) asking.write(part);
  asking.end();
  const [answer] = await answered;
  return { status: answer.statusCode, headers: answer.headers, body: await buffer(answer) } as Answer;
}

/** Of the parts that have not come whole. */
const comingBytes = (): number =>
  readdirSync(path.join(dataFolder, 'spool'))
    .filter((name) => path.extname(name) === '')
    .reduce(
      (sum, name) => sum + (statSync(path.join(dataFolder, 'spool', name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );

beforeAll(async () => {
  execFileSync(
    'openssl',
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost'
      .split(' ')
      .concat('-keyout', at('key.pem'), '-out', at('cert.pem')),
    { stdio: 'ignore' },
  );
  const config = readConfig({
    DATA_DIR: dataFolder,
    PORT: '0',
    MIN_FREE_BYTES: '0',
    TRUST_PROXY: '127.0.0.1',
  });
  execFileSync('mkdir', ['-m', '700', dataFolder]);
  site = await openSite(config, silentLog);
  const way: Way = async ({ headers }) =>
    headers.authorization === TOKEN.Authorization || headers.cookie === 'session=right' ? whoever() : undefined;
  const app = createHttpApp({
    ...httpPartsOver(site.archive),
    config,
    authenticate: createAuthenticate([way]),
  });
  listener = await openListener(
    {
      app: (incoming, response) => {
        heard = { ...incoming.headers };
        app(incoming, response);
      },
      log: silentLog,
    },
    { ...config, tls: undefined },
  );
});
afterAll(async () => {
  for (const child of children.filter(({ exitCode }) => exitCode === null)) {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  await listener?.close();
  await site?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(Object.entries(PROXIES))('docker/proxy for %s', (name, start) => {
  let port: number;
  const host = (): OutgoingHttpHeaders => ({ Host: `localhost:${port}` });
  beforeAll(async () => {
    [port = 0] = await freePorts(1);
    children.push(start(port));
    await until(
      `${name} to answer`,
      async () => (await ask(port, { path: '/healthz', headers: host() })).status === 200,
      {
        timeoutMs: 30_000,
      },
    );
  });

  it('passes on what clients log in with, the name that they asked for, and their address', async () => {
    const path = '/dicom-web/studies';
    expect((await ask(port, { path, headers: host() })).status).toBe(401);
    expect((await ask(port, { path, headers: { ...host(), ...TOKEN, 'X-Forwarded-For': '192.0.2.1' } })).status).toBe(
      200,
    );
    expect(heard).toMatchObject({ host: `localhost:${port}`, 'x-forwarded-for': '127.0.0.1' });
    const cookie = {
      ...host(),
      Cookie: 'session=right',
      Origin: `https://localhost:${port}`,
      'Sec-Fetch-Site': 'same-origin',
    };
    expect((await ask(port, { path, headers: cookie })).status).toBe(200);
    expect(heard).toMatchObject({ origin: `https://localhost:${port}`, 'sec-fetch-site': 'same-origin' });
  });

  it('passes on a store as it comes, of any size, and ranges of what was stored', async () => {
    const ids = { study: newUid(), series: newUid(), instance: newUid() };
    const uids = { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance };
    // 8 MB: more than proxies take, or keep in memory, unless they are told to.
    const slice = ctSlice(uids, { size: 2048 });
    const body = multipartBody([slice]);
    const half = body.length / 2;
    const answer = await ask(
      port,
      { path: '/dicom-web/studies', method: 'POST', headers: { ...host(), ...TOKEN, ...STOW } },
      [body.subarray(0, half), body.subarray(half)],
      () => until('what was sent to be with the server', () => comingBytes() > half - 1024 * 1024),
    );
    expect(answer.status).toBe(200);
    const headers = { ...host(), ...TOKEN, Accept: storedSingle };
    const whole = await ask(port, { path: instancePath(ids), headers });
    expect(sha256(whole.body)).toBe(sha256(slice));
    const part = await ask(port, { path: instancePath(ids), headers: { ...headers, Range: 'bytes=1000-1099' } });
    expect([part.status, part.headers['content-range']]).toEqual([206, `bytes 1000-1099/${slice.length}`]);
    expect(part.body).toEqual(slice.subarray(1000, 1100));
  });

  it('speaks HTTP/2 with clients that know it', async () => {
    const client = connect(`https://localhost:${port}`, { ca: readFileSync(at('cert.pem')) });
    const { HTTP2_HEADER_PATH, HTTP2_HEADER_STATUS } = constants;
    const asking = client.request({ [HTTP2_HEADER_PATH]: '/dicom-web/studies', authorization: TOKEN.Authorization });
    const [headers] = (await once(asking, 'response')) as [Record<string, unknown>];
    asking.resume();
    await once(asking, 'close');
    client.close();
    expect([headers[HTTP2_HEADER_STATUS], heard['host']]).toEqual([200, `localhost:${port}`]);
  });

  it('is believed who asks and by which URL, and nothing that the client says of that', async () => {
    const said = {
      ...host(),
      ...TOKEN,
      Forwarded: 'for=192.0.2.66;host=evil.example;proto=http',
      'X-Forwarded-For': '192.0.2.66',
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Proto': 'http',
    };
    const asked = await ask(port, { path: '/dicom-web/openapi.json', headers: said });
    expect(asked.status).toBe(200);
    const { servers } = JSON.parse(asked.body.toString()) as { servers: { url: string }[] };
    expect(servers).toEqual([{ url: `https://localhost:${port}` }]);
    expect(clientOf({ headers: heard, socket: { remoteAddress: '127.0.0.1' } } as IncomingMessage)).toEqual({
      address: '127.0.0.1',
      protocol: 'https',
      host: `localhost:${port}`,
    });
  });

  it('tells browsers to come by TLS, and speaks nothing older than TLS 1.2', async () => {
    const { headers } = await ask(port, { path: '/healthz', headers: host() });
    expect(headers['strict-transport-security']).toBe('max-age=31536000');
    const old = ask(port, {
      path: '/healthz',
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
      ciphers: 'DEFAULT:@SECLEVEL=0',
    });
    await expect(old).rejects.toThrow(/alert protocol version/);
  });
});
