import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createAuthenticate } from './authenticate.js';
import { certificateWay } from './certificates.js';
import type { Permission } from './principal.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-certificates-'));
const openssl = (...parameters: string[]): string =>
  execFileSync('openssl', parameters, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
const read = (file: string): Buffer => readFileSync(path.join(folder, file));

function makeAuthority(name: string): void {
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', `/O=Hospital/CN=${name}`, '-days', '30'); // prettier-ignore
}

function makeCertificate(
  name: string,
  { subject, ca = 'authority', names, days = '30' }: { subject: string; ca?: string; names?: string; days?: string },
): void {
  openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-utf8', '-subj', subject); // prettier-ignore
  writeFileSync(path.join(folder, `${name}.ext`), names === undefined ? '' : `subjectAltName=${names}\n`);
  openssl('x509', '-req', '-in', `${name}.csr`, '-CA', `${ca}.pem`, '-CAkey', `${ca}.key`, '-CAcreateserial', '-out', `${name}.pem`, '-days', days, '-extfile', `${name}.ext`); // prettier-ignore
}

const ROLES: Record<string, Permission[]> = {
  'CN=ct1,OU=Radiology,O=Hospital,C=DE': ['write'],
  'DNS:gateway.hospital.example': ['read', 'write'],
  'CN=authority,O=Hospital': ['admin'],
};
const authenticate = createAuthenticate([
  certificateWay({
    rolesOf: (name) => ROLES[name] && { permissions: new Set(ROLES[name]), sees: 'everything' },
  }),
]);

let server: Server;
beforeAll(async () => {
  makeAuthority('authority');
  makeAuthority('stranger');
  makeCertificate('server', { subject: '/CN=localhost', names: 'DNS:localhost' });
  makeCertificate('modality', { subject: '/C=DE/O=Hospital/OU=Radiology/CN=ct1' });
  makeCertificate('escaped', { subject: '/CN=ct1,OU=Radiology,O=Hospital,C=DE' });
  makeCertificate('gateway', { subject: '/CN=gw', names: 'DNS:other.example,DNS:gateway.hospital.example' });
  makeCertificate('unknown', { subject: '/CN=ct1' });
  makeCertificate('forged', { subject: '/C=DE/O=Hospital/OU=Radiology/CN=ct1', ca: 'stranger' });
  makeCertificate('smuggled', {
    subject: '/CN=x',
    names: '@alt\n[alt]\nURI.1="http://a/, DNS:gateway.hospital.example, DNS:b"',
  });
  server = createServer(
    { key: read('server.key'), cert: read('server.pem'), ca: read('authority.pem'), requestCert: true, rejectUnauthorized: false }, // prettier-ignore
    (asked, answer) => {
      authenticate(asked).then(
        ({ permissions, ...principal }) => answer.end(JSON.stringify({ ...principal, permissions: [...permissions] })),
        (error: { code?: string; message: string }) => {
          answer.statusCode = 401;
          answer.end(JSON.stringify({ code: error.code, message: error.message }));
        },
      );
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

function ask(client?: string): Promise<Record<string, unknown>> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const certificate = client && { key: read(`${client}.key`), cert: read(`${client}.pem`) };
    request(
      { host: '127.0.0.1', port, servername: 'localhost', ca: read('authority.pem'), agent: false, ...certificate },
      (answer) => {
        let text = '';
        answer.on('data', (chunk) => (text += chunk));
        answer.on('end', () => resolve(JSON.parse(text) as Record<string, unknown>));
      },
    )
      .on('error', reject)
      .end();
  });
}

describe('certificateWay', () => {
  it('knows a modality by the subject of its certificate, as openssl writes it by RFC 4514', async () => {
    const subject = openssl('x509', '-in', 'modality.pem', '-noout', '-subject', '-nameopt', 'RFC2253');
    expect(subject.trim()).toBe('subject=CN=ct1,OU=Radiology,O=Hospital,C=DE');
    expect(await ask('modality')).toEqual({
      subject: 'CN=ct1,OU=Radiology,O=Hospital,C=DE',
      issuer: 'CN=authority,O=Hospital',
      name: 'ct1',
      permissions: ['write'],
      sees: 'everything',
      via: 'certificate',
    });
  });

  it('knows another by one of its alternative names', async () => {
    expect(await ask('gateway')).toMatchObject({ subject: 'CN=gw', permissions: ['read', 'write'] });
  });

  it('lets nobody pass off a part of a name as a name', async () => {
    expect(await ask('escaped')).toMatchObject({ code: 'forbidden' });
    expect(await ask('smuggled')).toMatchObject({ code: 'forbidden' });
  });

  it('refuses a certificate of another authority, whatever its subject', async () => {
    expect(await ask('forged')).toMatchObject({
      code: 'unauthenticated',
      message: expect.stringContaining('TLS_CLIENT_CA_FILE') as unknown,
    });
  });

  it('says of whom without a role that there is none, and leaves those without a certificate to other ways', async () => {
    expect(await ask('unknown')).toEqual({
      code: 'forbidden',
      message: 'The client certificate of "CN=ct1" has no role at this server; ask its operator to give it one.',
    });
    expect(await ask()).toMatchObject({ code: 'unauthenticated', message: expect.stringContaining('Nobody') as unknown }); // prettier-ignore
  });
});
