import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import Database from 'libsql';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { openLocalToken } from '../../src/access/local-token.js';
import { type App, openApp } from '../../src/app.js';
import { until } from '../../src/base/testing/until.js';
import { readConfig } from '../../src/config.js';
import { askAfresh, type Answered, type Asking } from '../testing/ask-afresh.js';
import { instancePath, type InstanceIds } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';

const LABEL = 'trial-7';
/** More connections than readers. */
const TIMES = Array.from({ length: 6 });

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-readers-'));
const at = (name: string): string => path.join(folder, name);
const someIds = (): InstanceIds => ({ study: newUid(), series: newUid(), instance: newUid() });
const [shown, hidden] = [someIds(), someIds()];

/** What the audit has of reads that go on. */
interface Use {
  agent?: { subject: string; issuer: string };
  address: string;
  status: number;
  count: number;
}

let app: App;
let owner: Record<string, string>;

function makeCertificate(name: string): void {
  const openssl = (...args: string[]): Buffer => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`];
  if (name === 'authority')
    return void openssl('req', '-x509', ...key, '-out', `${name}.pem`, '-subj', `/CN=${name}`, '-days', '2');
  openssl('req', ...key, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
  writeFileSync(at('names'), 'subjectAltName=IP:127.0.0.1\n');
  const signed = ['-CA', 'authority.pem', '-CAkey', 'authority.key', '-CAcreateserial', '-extfile', 'names'];
  openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, '-days', '2', ...signed);
}

function letCertificatesHave(roles: object): void {
  writeFileSync(at('roles.json'), JSON.stringify({ roles, certificates: { 'CN=workstation': Object.keys(roles) } }));
  chmodSync(at('roles.json'), 0o600);
}

const ask = (url: string, { headers = owner, ...asking }: Asking = {}): Promise<Answered> =>
  askAfresh(`${app.url}${url}`, { ca: readFileSync(at('authority.pem')), headers, ...asking });
const order = async (method: string, url: string, body?: object): Promise<Record<string, string>> => {
  const headers = { ...owner, 'Content-Type': 'application/json' };
  const answer = await ask(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  expect([url, answer.status, answer.status < 300 || String(answer.body)]).toEqual([url, answer.status, true]);
  return answer.body.length > 0 ? (JSON.parse(String(answer.body)) as Record<string, string>) : {};
};
const bearer = (key: string): Record<string, string> => ({ Authorization: `Bearer ${key}` });

/** What somebody gets of the two studies: the status of each resource, and how many studies a search has. */
async function seen(asking: Asking): Promise<Record<string, unknown>> {
  const searched = await ask('/dicom-web/studies', asking);
  const found = searched.status === 200 ? (JSON.parse(String(searched.body)) as unknown[]).length : searched.status;
  const statuses = async (ids: InstanceIds): Promise<string> => {
    const { study, series, instance } = ids;
    const uri = `/wado?requestType=WADO&studyUID=${study}&seriesUID=${series}&objectUID=${instance}`;
    const urls = [...['', '/metadata', '/rendered', '/frames/1'].map((what) => instancePath(ids) + what), uri];
    const all = await Promise.all(urls.map(async (url) => (await ask(url, asking)).status));
    return [...new Set(all)].join();
  };
  return {
    found,
    total: searched.headers['x-total-count'],
    shown: await statuses(shown),
    hidden: await statuses(hidden),
  };
}
const expectSeen = async (asking: Asking, expected: object): Promise<void> => {
  for (let times = 0; times < TIMES.length; times++) expect(await seen(asking)).toEqual(expected);
};
const ONE = { found: 1, total: '1', shown: '200', hidden: '404' };
const NOBODY = { found: 401, total: undefined, shown: '401', hidden: '401' };

beforeAll(async () => {
  for (const name of ['authority', 'server', 'workstation']) makeCertificate(name);
  letCertificatesHave({ reader: { permissions: ['read'], sees: [LABEL] } });
  const settings = {
    ...{ DATA_DIR: at('data'), PORT: '0', MIN_FREE_BYTES: '0', READERS: '2', ACCESS_FILE: at('roles.json') },
    ...{ TLS_CERT_FILE: at('server.pem'), TLS_KEY_FILE: at('server.key'), TLS_CLIENT_CA_FILE: at('authority.pem') },
  };
  let ready = 0;
  const write = (line: string): void => void (line.includes('A reader takes connections') && ready++);
  app = await openApp(readConfig(settings), pino({}, { write }));
  await until('two readers', () => ready === 2);
  owner = bearer(await openLocalToken(at('data')));
  for (const { study, series, instance } of [shown, hidden]) {
    const uids = { StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUID: instance };
    const headers = { ...owner, 'Content-Type': 'application/dicom' };
    const stored = await ask('/dicom-web/studies', { method: 'POST', headers, body: ctSlice(uids) });
    expect(stored.status).toBe(200);
  }
  await order('PUT', `/ledger/studies/${shown.study}/labels/${LABEL}`);
});
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
});

describe('A server with readers', () => {
  it('shows whoever sees a label what has it, as long as it has it', async () => {
    const { key = '' } = await order('POST', '/access/keys', { name: 'a', permissions: ['read'], sees: [LABEL] });
    const headers = bearer(key);
    await expectSeen({ headers }, ONE);
    for (const { found, shown: of } of [
      { found: 0, shown: '404' },
      { found: 1, shown: '200' },
    ]) {
      await order(found === 0 ? 'DELETE' : 'PUT', `/ledger/studies/${shown.study}/labels/${LABEL}`);
      await expectSeen({ headers }, { found, total: String(found), shown: of, hidden: '404' });
    }
    expect((await ask(`/dicom-web/studies/${shown.study}`, { method: 'DELETE', headers })).status).toBe(403);
  });

  it('lets nobody in by a key that has been revoked, on a connection that is open neither', async () => {
    const { id, key = '' } = await order('POST', '/access/keys', { name: 'b', permissions: ['read'], sees: [LABEL] });
    const headers = bearer(key);
    const agents = TIMES.map(() => new Agent({ keepAlive: true, maxSockets: 1 }));
    for (const agent of agents) expect((await ask('/dicom-web/studies', { headers, agent })).status).toBe(200);
    await order('DELETE', `/access/keys/${id}`);
    for (const agent of agents) expect((await ask('/dicom-web/studies', { headers, agent })).status).toBe(401);
    await expectSeen({ headers }, NOBODY);
    agents.forEach((agent) => agent.destroy());
  });

  it('shows the study of a link alone, until the link is revoked', async () => {
    const link = await order('POST', '/access/links', { StudyInstanceUID: shown.study, hours: 1 });
    const entered = await ask(new URL(String(link['url'])).pathname, { method: 'POST', headers: {} });
    expect(entered.status).toBe(303);
    const headers = { Cookie: String(entered.headers['set-cookie']?.[0]).split(';')[0] };
    await expectSeen({ headers }, ONE);
    await order('DELETE', `/access/links/${link['id']}`);
    await expectSeen({ headers }, NOBODY);
  });

  it('knows who shows a certificate, what their roles are just now, and says so in the audit', async () => {
    const certificate = {
      headers: {},
      key: readFileSync(at('workstation.key')),
      cert: readFileSync(at('workstation.pem')),
    };
    await expectSeen(certificate, ONE);
    const kept = new Database(at('data/audit.sqlite'), { readonly: true });
    await until('all that was looked at in the audit', () => {
      const uses = (kept.prepare('SELECT body FROM open_use').all() as { body: string }[])
        .map(({ body }) => JSON.parse(body) as { body: string; subject?: { StudyInstanceUID?: string } })
        .map(({ body, subject }) => ({ ...(JSON.parse(body) as Use), of: subject?.StudyInstanceUID }));
      // Whoever is not let in is nobody.
      const theirs = uses.find(
        ({ of, status, agent }) => of === shown.study && status === 200 && agent?.subject === 'CN=workstation',
      );
      const { count, agent, address } = theirs ?? {};
      return agent?.issuer === 'CN=authority' && address === '127.0.0.1' && count === 5 * TIMES.length;
    });
    kept.close();

    const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: readFileSync(at('authority.pem')), ...certificate });
    expect(await seen({ headers: {}, agent })).toEqual(ONE);
    letCertificatesHave({ other: { permissions: ['read'], sees: ['another'] } });
    app.reload();
    const nothing = { found: 0, total: '0', shown: '404', hidden: '404' };
    expect(await seen({ headers: {}, agent })).toEqual(nothing);
    await expectSeen(certificate, nothing);
    letCertificatesHave({ writer: { permissions: ['write'] } });
    app.reload();
    const refused = { found: 403, total: undefined, shown: '403', hidden: '403' };
    expect(await seen({ headers: {}, agent })).toEqual(refused);
    await expectSeen(certificate, refused);
    agent.destroy();
  });
});
