import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import { until } from '../../base/testing/until.js';
import type { Audit } from '../audit.js';
import { anEvent, auditBed, type AuditBed } from '../testing/audit-bed.js';
import { openFhirReceiver } from './fhir-receiver.js';
import { openSyslogReceiver } from './syslog-receiver.js';
import { freePorts } from '../../network/ports.js';

const source = { url: 'http://pacs.example' };
let bed: AuditBed;
let folder: string;
const closers: (() => unknown)[] = [];
beforeEach(() => {
  bed = auditBed();
  folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-feed-'));
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  bed.remove();
  rmSync(folder, { recursive: true, force: true });
});
const opened = async (audit: Promise<Audit>): Promise<Audit> => {
  closers.push(async () => (await audit).close().catch(() => undefined));
  return audit;
};

describe('openFhirReceiver', () => {
  interface Repository {
    port: number;
    posts: { url: string; type: string; id: string; body: { resourceType: string; type: { code: string } } }[];
    status: number;
  }

  async function repository(): Promise<Repository> {
    const found: Repository = { port: 0, posts: [], status: 201 };
    const server: Server = createServer((request, response) => {
      void json(request).then((body) => {
        const { url = '', headers } = request;
        if (found.status === 201)
          found.posts.push({
            url,
            type: String(headers['content-type']),
            id: String(headers['x-request-id']),
            body: body as never,
          });
        response.writeHead(found.status).end();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(() => {
      server.closeAllConnections();
      server.close();
    });
    found.port = (server.address() as AddressInfo).port;
    return found;
  }

  it('posts every event in FHIR (ITI-20), goes on where it was, and sends again what was refused', async () => {
    const arr = await repository();
    const receivers = () => [openFhirReceiver({ base: `http://127.0.0.1:${arr.port}/fhir/` }, source)];
    const first = await opened(bed.open({ receivers: receivers() }));
    await first.record(anEvent({ kind: 'delete' }));
    await until('both events', () => arr.posts.length === 2);
    expect(arr.posts[1]).toMatchObject({
      url: '/fhir/AuditEvent',
      type: 'application/fhir+json',
      body: { resourceType: 'AuditEvent', type: { code: '110105' }, action: 'D', outcome: '0' },
    });
    await first.close();
    arr.status = 500;
    const second = await opened(bed.open({ receivers: receivers() }));
    await second.record(anEvent({ kind: 'transfer' }));
    arr.status = 201;
    await until('what was refused', () => arr.posts.some(({ body }) => body.type.code === '110104'));
    // Start, retirement, stop; start, store.
    const kept = [...new Map(arr.posts.map((post) => [post.id, post])).values()];
    expect(kept.map(({ body }) => body.type.code)).toEqual(['110100', '110105', '110100', '110100', '110104']);
  });
});

describe('openSyslogReceiver', () => {
  const hasRsyslog = existsSync('/usr/sbin/rsyslogd') && existsSync('/usr/lib/x86_64-linux-gnu/rsyslog/lmnsd_gtls.so');

  /** A certificate authority, a certificate of it for localhost, and one of nobody. */
  function makeCertificates(): void {
    const openssl = (...args: string[]): unknown => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    openssl('req', '-x509', ...key, '-subj', '/CN=Test CA', '-keyout', 'ca.key', '-out', 'ca.pem');
    openssl('req', '-x509', ...key, '-subj', '/CN=Other CA', '-keyout', 'other.key', '-out', 'other.pem');
    openssl('req', ...key.slice(0, 5), '-subj', '/CN=localhost', '-keyout', 'server.key', '-out', 'server.csr');
    writeFileSync(path.join(folder, 'san'), 'subjectAltName=DNS:localhost');
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'san'];
    openssl('x509', '-req', '-in', 'server.csr', ...signed, '-out', 'server.pem');
  }

  async function startRsyslog(port: number): Promise<ChildProcess> {
    const at = (name: string): string => path.join(folder, name);
    writeFileSync(
      at('rsyslog.conf'),
      `global(workDirectory="${folder}" maxMessageSize="64k" DefaultNetstreamDriver="gtls"
        DefaultNetstreamDriverCAFile="${at('ca.pem')}" DefaultNetstreamDriverCertFile="${at('server.pem')}"
        DefaultNetstreamDriverKeyFile="${at('server.key')}" parser.escapeControlCharactersOnReceive="off")
      module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
      template(name="all" type="string" string="%pri%|%app-name%|%msgid%|%protocol-version%|%msg%\\n")
      input(type="imtcp" port="${port}" address="127.0.0.1")
      action(type="omfile" file="${at('received')}" template="all")
      `,
    );
    const rsyslog = spawn('/usr/sbin/rsyslogd', ['-n', '-f', at('rsyslog.conf'), '-i', at('pid')], { stdio: 'ignore' });
    closers.push(async () => {
      rsyslog.kill('SIGKILL');
      if (rsyslog.exitCode === null && rsyslog.signalCode === null) await once(rsyslog, 'exit');
    });
    return rsyslog;
  }

  const received = (): string[] =>
    existsSync(path.join(folder, 'received'))
      ? readFileSync(path.join(folder, 'received'), 'utf8')
          .split('\n')
          .filter((line) => line !== '')
      : [];

  // CI has it.
  (hasRsyslog || process.env['CI'] === 'true' ? it : it.skip)(
    'sends audit messages of DICOM to rsyslog over TLS, though it comes later and is started again',
    async () => {
      makeCertificates();
      const [port = 0] = await freePorts(1);
      const ca = readFileSync(path.join(folder, 'ca.pem'), 'utf8');
      const receiver = openSyslogReceiver({ host: 'localhost', port, ca }, source);
      const audit = await opened(bed.open({ receivers: [receiver] }));
      const name = 'Zoë <&"> \u{1F600}';
      await audit.record(anEvent({ kind: 'transfer', agent: { ...anEvent().agent!, name }, instances: 3 }));
      let rsyslog = await startRsyslog(port);
      const line = await until('the message', () => received().find((one) => one.includes('110104')));
      expect(line).toMatch(
        /^85\|dicom-ledger\|DICOM\+RFC3881\|1\|\ufeff?<\?xml version="1\.0" encoding="UTF-8"\?><AuditMessage>/,
      );
      const xml = line.slice(line.indexOf('<?xml'));
      writeFileSync(path.join(folder, 'message.xml'), xml);
      expect(xml).toContain(
        '<EventID csd-code="110104" codeSystemName="DCM" originalText="DICOM Instances Transferred"/>',
      );
      expect(xml).toContain('ParticipantObjectID="1.2.3"');
      expect(xml).toContain(`UserName="Zoë &#60;&#38;&#34;&#62; \u{1F600}"`);
      expect(received().some((one) => one.includes('110120'))).toBe(true);

      rsyslog.kill('SIGTERM');
      await once(rsyslog, 'exit');
      await audit.record(anEvent({ kind: 'delete' }));
      rsyslog = await startRsyslog(port);
      await until('what came while nobody listened', () => received().some((one) => one.includes('110105')));
    },
  );

  // CI has it.
  (hasRsyslog || process.env['CI'] === 'true' ? it : it.skip)(
    'tells a receiver nothing that it cannot trust',
    async () => {
      makeCertificates();
      const [port = 0] = await freePorts(1);
      await startRsyslog(port);
      await until('rsyslog to listen', async () => {
        const probe = (await import('node:net')).connect(port, '127.0.0.1');
        await once(probe, 'connect').finally(() => probe.destroy());
        return true;
      });
      const ca = readFileSync(path.join(folder, 'other.pem'), 'utf8');
      const receiver = openSyslogReceiver({ host: 'localhost', port, ca }, source);
      closers.push(() => receiver.close());
      const audit = await opened(bed.open());
      const { rows } = audit.search({ limit: 1 });
      await expect(receiver.deliver(rows, new AbortController().signal)).rejects.toMatchObject({
        code: expect.stringMatching(/CERT|SIGNATURE/),
      });
      expect(received()).toEqual([]);
    },
  );
});
