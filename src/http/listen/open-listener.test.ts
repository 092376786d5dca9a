import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:https';
import type { IncomingMessage, RequestListener } from 'node:http';
import { connect as connectPlainly, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { connect, createServer, getCiphers, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { silentLog } from '../../base/log.js';
import { until } from '../../base/testing/until.js';
import { openListener, type Listener } from './open-listener.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-tls-'));
const at = (name: string): string => path.join(folder, name);
const app: RequestListener = (request, response) => {
  const { authorized } = request.socket as TLSSocket;
  response.end(JSON.stringify({ authorized, peer: (request.socket as TLSSocket).getPeerCertificate?.().subject?.CN }));
};
let listener: Listener | undefined;

function makeCertificate(name: string, key: readonly string[], subject = 'localhost'): void {
  const files = ['-keyout', at(`${name}.key`), '-out', at(`${name}.crt`)];
  const names = ['-subj', `/CN=${subject}`, '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', '-newkey', ...key, '-nodes', '-days', '2', ...files, ...names], {
    stdio: 'ignore',
  });
}

async function listen(name: string, clientCa?: string): Promise<number> {
  const tls = {
    TLS_CERT_FILE: at(`${name}.crt`),
    TLS_KEY_FILE: at(`${name}.key`),
    TLS_CLIENT_CA_FILE: clientCa && at(`${clientCa}.crt`),
  };
  const options = { HOST: '127.0.0.1', PORT: 0, MAX_CONNECTIONS: 20, tls, lookEveryMs: 20 };
  listener = await openListener({ app, log: silentLog }, options);
  return Number(new URL(listener.url).port);
}

/** What a handshake gives: the name of the suite, or the code of the alert. */
async function handshake(port: number, options: ConnectionOptions): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  try {
    await once(socket, 'secureConnect');
    return socket.getCipher().standardName ?? socket.getCipher().name;
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  } finally {
    socket.destroy();
  }
}

async function serialOf(port: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const { serialNumber } = socket.getPeerCertificate();
  socket.destroy();
  return serialNumber;
}

async function ask(port: number, agent: Agent): Promise<unknown> {
  const asking = get({ port, host: '127.0.0.1', path: '/', agent, rejectUnauthorized: false });
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  return JSON.parse(await text(answer)) as unknown;
}

beforeAll(() => {
  makeCertificate('ec', ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']);
  makeCertificate('rsa', ['rsa:2048']);
  makeCertificate('next', ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']);
  makeCertificate('modality', ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'], 'CT-1');
});
afterEach(() => listener?.close());
afterAll(() => rmSync(folder, { recursive: true }));

describe('openListener', () => {
  it.each(['ec', 'rsa'])('speaks TLS 1.2 by the suites of RFC 9325 alone, with a key of %s', async (kind) => {
    const port = await listen(kind);
    const family = kind === 'ec' ? 'ecdsa' : 'rsa';
    const suites = getCiphers().filter((name) => !name.startsWith('tls_') && !/psk|srp|null|anon|adh|aecdh/.test(name));
    expect(suites.length).toBeGreaterThan(20);
    const taken: string[] = [];
    for (const suite of suites) {
      const ciphers = `${suite.toUpperCase()}:@SECLEVEL=0`;
      const result = await handshake(port, { maxVersion: 'TLSv1.2', ciphers });
      if (result.startsWith('TLS_')) taken.push(suite);
    }
    expect(taken.sort()).toEqual([`ecdhe-${family}-aes128-gcm-sha256`, `ecdhe-${family}-aes256-gcm-sha384`]);
  });

  it('speaks TLS 1.3, and nothing older than 1.2', async () => {
    const port = await listen('ec');
    expect(await handshake(port, {})).toBe('TLS_AES_256_GCM_SHA384');
    const old: ConnectionOptions = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' };
    expect(await handshake(port, old)).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
    // The client of this test could.
    const files = { key: readFileSync(at('ec.key')), cert: readFileSync(at('ec.crt')) };
    const lenient = createServer({ ...files, minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' }).listen(0);
    expect(await handshake((lenient.address() as AddressInfo).port, old)).toMatch(/^TLS_/);
    lenient.close();
  });

  it('says nothing to whoever speaks no TLS', async () => {
    const socket = connectPlainly(await listen('ec'), '127.0.0.1');
    socket.end('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(await text(socket).catch(() => '')).not.toContain('authorized');
  });

  it('takes new files into use without ending a connection, and keeps the old ones while the new ones are no pair', async () => {
    for (const part of ['crt', 'key']) copyFileSync(at(`ec.${part}`), at(`live.${part}`));
    const port = await listen('live');
    const before = await serialOf(port);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    let connections = 0;
    agent.createConnection = (
      (create) =>
      (...given: Parameters<typeof create>) => {
        connections += 1;
        return create.apply(agent, given);
      }
    )(agent.createConnection.bind(agent));
    await ask(port, agent);
    copyFileSync(at('next.crt'), at('live.crt'));
    expect(await serialOf(port)).toBe(before);
    copyFileSync(at('next.key'), at('live.key'));
    await until('the new certificate', async () => (await serialOf(port)) !== before);
    await ask(port, agent);
    expect(connections).toBe(1);
    writeFileSync(at('live.crt'), 'nothing');
    const after = await serialOf(port);
    expect(after).not.toBe(before);
    agent.destroy();
  });

  it('asks for a client certificate, and says whether it is of the authority', async () => {
    const port = await listen('ec', 'modality');
    const with_ = (name: string): Agent =>
      new Agent({ key: readFileSync(at(`${name}.key`)), cert: readFileSync(at(`${name}.crt`)) });
    expect(await ask(port, with_('modality'))).toEqual({ authorized: true, peer: 'CT-1' });
    expect(await ask(port, with_('next'))).toEqual({ authorized: false, peer: 'localhost' });
    expect(await ask(port, new Agent())).toEqual({ authorized: false });
  });

  it.each([
    ['absent', 'ec', /TLS_CERT_FILE ".*absent.crt" cannot be read \(ENOENT\)/],
    ['ec', 'rsa', /cannot be used together/],
  ])('refuses the certificate %s with the key %s', async (cert, key, sentence) => {
    const tls = { TLS_CERT_FILE: at(`${cert}.crt`), TLS_KEY_FILE: at(`${key}.key`), TLS_CLIENT_CA_FILE: undefined };
    const opening = openListener({ app, log: silentLog }, { HOST: '127.0.0.1', PORT: 0, MAX_CONNECTIONS: 20, tls });
    await expect(opening).rejects.toMatchObject({ code: 'misconfigured', message: expect.stringMatching(sentence) });
  });

  it('closes connections beyond MAX_CONNECTIONS at once', async () => {
    listener = await openListener(
      { app, log: silentLog },
      { HOST: '127.0.0.1', PORT: 0, MAX_CONNECTIONS: 2, tls: undefined },
    );
    const port = Number(new URL(listener.url).port);
    const sockets = Array.from({ length: 3 }, () => connectPlainly(port, '127.0.0.1').on('error', () => undefined));
    await Promise.race(sockets.map((socket) => once(socket, 'close')));
    expect(sockets.filter(({ destroyed }) => !destroyed)).toHaveLength(2);
    for (const socket of sockets) socket.destroy();
  });
});
