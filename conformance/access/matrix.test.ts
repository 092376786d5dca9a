import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { Agent, request } from 'undici';
import { createClientOf } from '../../src/access/client-of.js';
import { openLocalToken } from '../../src/access/local-token.js';
import { AUDIENCE, openTokenIssuer, type TokenIssuer } from '../../src/access/oidc/testing/token-issuer.js';
import { openAccess, type Access } from '../../src/access/open-access.js';
import { OWN_ISSUER, PERMISSIONS, type Permission, type Principal } from '../../src/access/principal.js';
import { slice, partOf } from '../../src/archive/testing/parts.js';
import { silentLog } from '../../src/base/log.js';
import { until } from '../../src/base/testing/until.js';
import { readConfig } from '../../src/config.js';
import { createHttpApp } from '../../src/http/create-http-app.js';
import { openListener, type Listener } from '../../src/http/listen/open-listener.js';
import type { Route } from '../../src/http/route.js';
import { routes } from '../../src/http/routes.js';
import { httpPartsOver } from '../../src/http/testing/http-app-over.js';
import { shareReading } from '../../src/share-reading.js';
import { openSite, type Site } from '../../src/site.js';
import { READERS } from '../testing/server.js';

/** One who asks: what the requests show, and what is expected of them. */
interface Caller {
  way: string;
  kind: 'none' | 'wrong' | 'expired' | 'low role' | 'other label' | 'right';
  headers: Record<string, string>;
  /** Shows a client certificate. */
  certificate?: string;
  /** A link has no other permission than this one. */
  has?: readonly Permission[];
}

const UIDS = { study: '', series: '', instance: '1.2.3.4' };
const LABEL = 'trial-7';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-matrix-'));
const at = (file: string): string => path.join(folder, file);
const openssl = (...parameters: string[]): Buffer =>
  execFileSync('openssl', parameters, { cwd: folder, stdio: 'pipe' });

let site: Site;
let access: Access;
let listener: Listener;
let readers: Awaited<ReturnType<typeof shareReading>> | undefined;
let issuer: TokenIssuer;
const callers: Caller[] = [];

function makeCertificate(name: string, { ca = 'authority', days = '30' } = {}): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`];
  if (ca === name) {
    openssl('req', '-x509', ...key, '-out', `${name}.pem`, '-subj', `/CN=${name}`, '-days', days);
    return;
  }
  openssl('req', ...key, '-out', `${name}.csr`, '-subj', `/CN=${name.replace(/-.*/, '')}`);
  writeFileSync(at('names'), 'subjectAltName=IP:127.0.0.1\n');
  const signed = ['-CA', `${ca}.pem`, '-CAkey', `${ca}.key`, '-CAcreateserial', '-extfile', 'names'];
  openssl('x509', '-req', '-in', `${name}.csr`, '-out', `${name}.pem`, '-days', days, ...signed);
}

beforeAll(async () => {
  makeCertificate('authority', { ca: 'authority' });
  makeCertificate('stranger', { ca: 'stranger' });
  for (const name of ['server', 'right', 'low', 'other']) makeCertificate(name);
  makeCertificate('right-expired', { days: '-1' });
  makeCertificate('right-forged', { ca: 'stranger' });
  const roles = {
    right: { permissions: PERMISSIONS },
    low: { permissions: ['read'] },
    other: { permissions: PERMISSIONS, sees: ['another'] },
  };
  const certificates = { 'CN=right': ['right'], 'CN=low': ['low'], 'CN=other': ['other'] };
  writeFileSync(at('roles.json'), JSON.stringify({ roles, certificates }));
  chmodSync(at('roles.json'), 0o600);

  issuer = await openTokenIssuer();
  const config = readConfig({ DATA_DIR: folder, MIN_FREE_BYTES: '0', PORT: '0', READERS });
  site = await openSite(config, silentLog);
  access = await openAccess({
    dataFolder: folder,
    localToken: true,
    onLoopback: true,
    isHttps: true,
    basePath: '',
    clientOf: createClientOf({ TRUST_PROXY: [], BEHIND_TLS_PROXY: 'off' }),
    port: 0,
    sessionIdleMinutes: 60,
    sessionHours: 10,
    accessFile: at('roles.json'),
    identity: {
      issuer: issuer.issuer,
      clientId: undefined,
      clientSecretFile: undefined,
      scope: 'openid',
      audience: AUDIENCE,
      localAccounts: false,
      viewerUrls: [],
    },
    ownUrl: () => 'https://localhost',
    log: silentLog,
  });
  const parts = partsOf();
  const app = createHttpApp({ ...parts, config: { ...config, REQUESTS_PER_MINUTE: 1_000_000 } });
  const tls = {
    TLS_CERT_FILE: at('server.pem'),
    TLS_KEY_FILE: at('server.key'),
    TLS_CLIENT_CA_FILE: at('authority.pem'),
  };
  if (READERS !== '0') {
    let ready = 0;
    const write = (line: string): void => void (line.includes('A reader takes connections.') && ready++);
    const { metrics } = partsOf();
    const count = Number(READERS);
    readers = await shareReading(
      { site, app, metrics, log: pino({}, { write }) },
      { config, tls, count, processors: 2 },
    );
    await until('the readers', () => ready === count);
  }
  const share = (socket: Socket): boolean => readers?.take(socket) ?? false;
  listener = await openListener(
    { app, log: silentLog, share },
    { HOST: '127.0.0.1', PORT: 0, MAX_CONNECTIONS: 1000, tls },
  );

  const { outcome } = await site.archive.receive(partOf(slice({ SOPInstanceUID: UIDS.instance })));
  const stored = await outcome;
  if (stored.kind !== 'stored') throw new Error(stored.message);
  Object.assign(UIDS, { study: stored.StudyInstanceUID, series: stored.SeriesInstanceUID });
  await site.archive.addLabel(UIDS.study, LABEL, 'a test');
  callers.push(...(await makeCallers()));
});
afterAll(async () => {
  await Promise.all([listener.close(), readers?.close()]);
  await access.close();
  await site.close();
  await issuer.close();
  rmSync(folder, { recursive: true });
});

const partsOf = () => ({ ...httpPartsOver(site.archive), access, authenticate: access.authenticate });

/** Everybody who asks, by each way in. */
async function makeCallers(): Promise<Caller[]> {
  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
  const cookie = (setCookie: string) => ({ Cookie: setCookie.split(';')[0] ?? '' });
  const token = await openLocalToken(folder);
  const byToken: Caller[] = [
    { way: 'local token', kind: 'right', headers: bearer(token) },
    {
      way: 'local token',
      kind: 'wrong',
      headers: bearer(`${token.slice(0, -2)}${token.endsWith('AA') ? 'EE' : 'AA'}`),
    },
  ];

  const newKey = (over: object = {}) =>
    access.apiKeys.add({
      name: 'a test',
      permissions: PERMISSIONS,
      sees: 'everything',
      setsLabels: [],
      networks: [],
      expiresAt: undefined,
      madeBy: 'a test',
      ...over,
    });
  const revoked = newKey();
  access.apiKeys.revoke(revoked.id);
  const keys: [Caller['kind'], { id: string; key: string }][] = [
    ['right', newKey()],
    ['low role', newKey({ permissions: ['read'] })],
    ['other label', newKey({ sees: { labels: ['another'] } })],
    ['expired', newKey({ expiresAt: Date.now() - 1 })],
    ['expired', revoked],
    ['wrong', newKey({ networks: ['10.0.0.0/8'] })],
    ['wrong', { id: revoked.id, key: `${newKey().key.slice(0, -4)}AAAA` }],
  ];
  const basic = ({ id, key }: { id: string; key: string }) => ({
    Authorization: `Basic ${Buffer.from(`${id}:${key}`).toString('base64')}`,
  });
  const byKey = keys.flatMap(([kind, key]): Caller[] => [
    { way: 'API key', kind, headers: bearer(key.key) },
    { way: 'API key by Basic', kind, headers: basic(key) },
  ]);

  const past = Math.floor(Date.now() / 1000) - 3600;
  const signed = async (kind: Caller['kind'], claims: object): Promise<Caller> => ({
    way: 'bearer token',
    kind,
    headers: bearer(await issuer.sign({ ...claims })),
  });
  const byBearer = await Promise.all([
    signed('right', { roles: ['right'] }),
    signed('low role', { roles: ['low'] }),
    signed('other label', { roles: ['other'] }),
    signed('expired', { roles: ['right'], exp: past }),
    signed('wrong', { roles: ['right'], aud: 'https://another.example' }),
    signed('wrong', { roles: ['right'], iss: 'https://another.example' }),
  ]);

  const newSession = (over: Partial<Principal> = {}) =>
    access.sessions.open({
      subject: 'a test',
      issuer: OWN_ISSUER,
      name: 'A test',
      permissions: new Set(PERMISSIONS),
      sees: 'everything',
      ...over,
    });
  const ended = await newSession();
  await access.sessions.end({ headers: cookie(ended).Cookie ? { cookie: cookie(ended).Cookie } : {} } as never);
  const bySession: Caller[] = [
    { way: 'session', kind: 'right', headers: cookie(await newSession()) },
    { way: 'session', kind: 'low role', headers: cookie(await newSession({ permissions: new Set(['read']) })) },
    { way: 'session', kind: 'other label', headers: cookie(await newSession({ sees: { labels: ['another'] } })) },
    { way: 'session', kind: 'expired', headers: cookie(ended) },
    { way: 'session', kind: 'wrong', headers: cookie(ended.replace(/=[^;]{8}/, '=AAAAAAAA')) },
  ];

  const newLink = async (StudyInstanceUID: string) => {
    const { id, path: shared } = access.shareLinks.add({
      StudyInstanceUID,
      hours: 1,
      maxUses: undefined,
      madeBy: 'a test',
    });
    const { cookie: setCookie } = await access.shareLinks.open(shared.split('/').at(-1) ?? '');
    return { id, headers: cookie(setCookie) };
  };
  const [own, another, over] = [await newLink(UIDS.study), await newLink('1.9.9'), await newLink(UIDS.study)];
  access.shareLinks.revoke(over.id);
  const byLink: Caller[] = [
    { way: 'share link', kind: 'low role', headers: own.headers },
    { way: 'share link', kind: 'other label', headers: another.headers, has: ['read'] },
    { way: 'share link', kind: 'expired', headers: over.headers },
  ];

  const byCertificate = (
    [
      ['right', 'right'],
      ['low role', 'low'],
      ['other label', 'other'],
      ['expired', 'right-expired'],
      ['wrong', 'right-forged'],
    ] as const
  ).map(([kind, certificate]): Caller => ({ way: 'certificate', kind, headers: {}, certificate }));

  const nobody: Caller = { way: 'no way', kind: 'none', headers: {} };
  return [nobody, ...byToken, ...byKey, ...byBearer, ...bySession, ...byLink, ...byCertificate];
}

const METHODS: Partial<Record<Route['method'], string>> = { ANY: 'GET', FILES: 'GET' };

function urlOf({ path: pattern }: Route): string {
  return pattern
    .replace(':study', UIDS.study)
    .replace(':series', UIDS.series)
    .replace(':instance', UIDS.instance)
    .replace(':frames', '1')
    .replace(':PatientID', 'P-1')
    .replace(':site', '1')
    .replace(':hour', '0')
    .replace(':contentKey', '0'.repeat(64))
    .replace(/\{\/?\*\w+\}/, '')
    .replace(/\*\w+/, '00280010')
    .replace(/:\w+/g, 'none');
}

/** The rows that say of one study, or of what is in it. */
const isOfStudy = ({ path: pattern }: Route): boolean => /:(study|instance)\b/.test(pattern);

/** What a row answers to a caller who may not see anything of what is stored; undefined for what is not asked for here. */
function isUnseen(row: Route, { status, text }: { status: number; text: string }): boolean {
  if (row.service.startsWith('Search')) return status === 200 && JSON.stringify(JSON.parse(text)) === '[]';
  if (row.service.startsWith('Count')) return status === 200 && text === '{"count":0}';
  if (row.service.startsWith('Store')) return status >= 400 && status !== 401 && !text.includes(UIDS.study);
  if (isOfStudy(row)) return status === 404;
  return status !== 401 && !text.includes(UIDS.study) && !text.includes(UIDS.instance);
}

function isExpected(row: Route, caller: Caller, answer: { status: number; text: string }): boolean {
  const { kind, has = kind === 'low role' ? ['read'] : PERMISSIONS } = caller;
  if (row.permission === 'public') return answer.status !== 401;
  if (kind === 'none' || kind === 'wrong' || kind === 'expired') return answer.status === 401;
  if (!has.some((one) => one === row.permission)) return answer.status === 403;
  // No role here breaks the glass.
  if (row.service === 'Emergency access') return answer.status === 403;
  if (kind === 'other label') return isUnseen(row, answer);
  return answer.status !== 401 && answer.status !== 403;
}

describe('Every resource', () => {
  it('answers everybody, by each way in, what is theirs and nothing else', async () => {
    const table = routes({ ...partsOf(), uploadOptions: { publicUrl: undefined, maxInstanceBytes: 1000 } });
    // What ends what is asked with: sessions, keys and the study itself.
    const rows = table.filter(({ path: pattern, method }) => !/logout/.test(pattern) && method !== 'OPTIONS');
    const agents = new Map<string | undefined, Agent>();
    const agentOf = (certificate: string | undefined): Agent => {
      const own = certificate && {
        cert: readFileSync(at(`${certificate}.pem`)),
        key: readFileSync(at(`${certificate}.key`)),
      };
      const made = agents.get(certificate) ?? new Agent({ connect: { ca: readFileSync(at('authority.pem')), ...own } });
      agents.set(certificate, made);
      return made;
    };
    const wrong: string[] = [];
    let asked = 0;
    for (const caller of callers)
      for (const row of rows) {
        // Nothing is taken away before everybody has asked for it.
        const isRight = caller.kind === 'right' || caller.kind === 'low role';
        if (isRight && row.method === 'DELETE') continue;
        const method = METHODS[row.method] ?? row.method;
        // Whole, so that it is refused for whom it comes from; of the others' requests nothing may be done.
        const body = caller.kind === 'other label' && method === 'POST' ? '{"reason":"a test"}' : null;
        const { statusCode: status, body: answer } = await request(`${listener.url}${urlOf(row)}`, {
          method: method as 'GET',
          headers: {
            Accept: 'application/json, */*',
            ...caller.headers,
            ...(body && { 'Content-Type': 'application/json' }),
          },
          body,
          dispatcher: agentOf(caller.certificate),
        });
        const text = await answer.text();
        asked++;
        if (!isExpected(row, caller, { status, text }))
          wrong.push(
            `${caller.way}, ${caller.kind}: ${method} ${urlOf(row)} (${row.permission}): ${status} ${text.slice(0, 150)}`,
          );
      }
    await Promise.all([...agents.values()].map((agent) => agent.close()));
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(2000);
  });
});
