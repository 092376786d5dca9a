import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommand } from '../testing/command-line.js';
import {
  bytesOf,
  type DataSet,
  get,
  instancePath,
  sha256,
  storedSingle,
  stow,
  stowSingle,
} from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { until } from '../../src/base/testing/until.js';
import { beginWithRelease1 } from '../../src/ledger/testing/begin-with-release-1.js';

const parent = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-settings-'));
const dataFolder = path.join(parent, 'data');
const keyFile = path.join(parent, 'consortium.key');
const key = randomBytes(32);
const ids = { study: newUid(), series: newUid(), instance: newUid() };
const file = ctSlice(
  { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance, PatientID: 'P-7' },
  { size: 200 },
);
const environment = {
  HOST: '127.0.0.2',
  PUBLIC_URL: 'https://pacs.example/archive/',
  CORS_ORIGINS: 'https://a.example, https://b.example',
  PIECE_BYTES: '1000',
  PIECE_COMPRESSION: 'off',
  CACHE_BYTES: '100000',
  PATIENT_ID_ISSUER: 'Hospital 1',
  CONSORTIUM_KEY_FILE: keyFile,
};

let server: RunningServer;
let answer: DataSet;
const record = async (): Promise<Record<string, unknown>> =>
  (await (await get(`${server.url}/ledger/instances/${ids.instance}`)).json()) as Record<string, unknown>;
const cachedBytes = (): number =>
  readdirSync(path.join(dataFolder, 'cache'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (sum, entry) => sum + (statSync(path.join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    );

beforeAll(async () => {
  writeFileSync(keyFile, `${key.toString('hex')}\n`, { mode: 0o600 });
  // What lies on the chain can be looked at in release 1 alone.
  await beginWithRelease1(dataFolder);
  server = await startServer({ dataFolder, env: environment });
  const response = await stowSingle(server.url, file);
  expect(response.status).toBe(200);
  answer = (await response.json()) as DataSet;
});
afterAll(async () => {
  await server.kill9();
  rmSync(parent, { recursive: true, force: true });
});

describe('Settings', () => {
  it('HOST is the interface it listens on', () => {
    expect(new URL(server.url).hostname).toBe('127.0.0.2');
  });

  it('PUBLIC_URL begins the links in answers', async () => {
    const root = `https://pacs.example/archive/dicom-web/studies/${ids.study}`;
    expect(answer['00081190']?.Value).toEqual([root]);
    const metadata = await (await get(`${server.url}${instancePath(ids)}/metadata`)).text();
    expect(metadata).toContain(`"BulkDataURI":"${root}/series/${ids.series}/instances/${ids.instance}/`);
  });

  it('CORS_ORIGINS are the origins that may call', async () => {
    const allowed = async (Origin: string) =>
      (await get(`${server.url}/dicom-web/studies`, undefined, { Origin })).headers.get('Access-Control-Allow-Origin');
    const origins = ['https://a.example', 'https://b.example', 'https://c.example'];
    expect(await Promise.all(origins.map(allowed))).toEqual([...origins.slice(0, 2), null]);
  });

  it('PIECE_COMPRESSION off leaves the bytes on the chain as they were given', async () => {
    expect(await record()).toMatchObject({ body: { scheme: 0, byteCount: file.length } });
  });

  it('PIECE_BYTES is the size of the pieces on the chain', async () => {
    expect(await record()).toMatchObject({ body: { pieceBytes: 1000, byteCount: file.length } });
    const verified = await fetch(`${server.url}/ledger/instances/${ids.instance}/verify`, { method: 'POST' });
    expect(await verified.json()).toMatchObject({ pieceCount: Math.ceil(file.length / 1000), problems: [] });
  });

  it('CACHE_BYTES bounds the cache, and what has left it is read from the chain', async () => {
    const second = { ...ids, instance: newUid() };
    const other = ctSlice(
      { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: second.instance, PatientID: 'P-7' },
      { size: 200 },
    );
    expect((await stowSingle(server.url, other)).status).toBe(200);
    const frameBytes = 200 * 200 * 2;
    for (let time = 0; time < 2; time++)
      for (const [of, stored] of [
        [ids, file],
        [second, other],
      ] as const) {
        const back = await get(`${server.url}${instancePath(of)}/frames/1`, 'application/octet-stream');
        expect(sha256(await bytesOf(back))).toBe(sha256(stored.subarray(-frameBytes)));
      }
    await until('a cache within its bound', async () => cachedBytes() >= frameBytes && cachedBytes() <= 100_000);
  });

  it('CONSORTIUM_KEY_FILE and PATIENT_ID_ISSUER make the keys on the chain', async () => {
    const hmac = (text: string): string => `0x${createHmac('sha256', key).update(text).digest('hex')}`;
    expect(await record()).toMatchObject({
      imageId: hmac(ids.instance),
      patientKey: hmac('Hospital 1\x1fP-7'),
    });
    expect(readdirSync(dataFolder)).not.toContain('consortium.key');
  });

  it('LEDGER_CONTRACT names the contract; what was stored with other settings stays readable', async () => {
    const LEDGER_CONTRACT = readFileSync(path.join(dataFolder, 'contract'), 'utf8').trim();
    await server.stop();
    rmSync(path.join(dataFolder, 'contract'));
    server = await startServer({ dataFolder, env: { CONSORTIUM_KEY_FILE: keyFile, LEDGER_CONTRACT } });
    const back = await get(`${server.url}${instancePath(ids)}`, storedSingle);
    expect(sha256(await bytesOf(back))).toBe(sha256(file));
    expect(readdirSync(dataFolder)).not.toContain('contract');
  });

  it.each([
    ['65536', 'one after the other'],
    ['8388608', 'together'],
  ])('STORE_WINDOW_BYTES=%s stores four instances of 80 KB %s', async (STORE_WINDOW_BYTES, how) => {
    const site = await startServer({ env: { STORE_WINDOW_BYTES, EMBEDDED_PERIOD_MS: '400' } });
    const instances = Array.from({ length: 4 }, () => newUid());
    const files = instances.map((SOPInstanceUID) => ctSlice({ SOPInstanceUID }, { size: 200 }));
    expect((await stow(site.url, files)).status).toBe(200);
    const sealed = instances.map(async (instance) => {
      const found = await (await get(`${site.url}/ledger/instances/${instance}`)).json();
      return (found as { sealed: { block: string } }).sealed.block;
    });
    const blocks = new Set(await Promise.all(sealed));
    await site.stop();
    expect(blocks.size === 4 ? 'one after the other' : 'together').toBe(how);
  });

  const nowhere = `0x${'12'.repeat(20)}`;
  const network = {
    LEDGER_URL: 'http://127.0.0.1:9',
    LEDGER_CONTRACT: nowhere,
    SITE_KEY: '12'.repeat(32),
  };
  it.each([
    [{ LEDGER_CONTRACT: nowhere }, nowhere],
    [{ LEDGER_URL: network.LEDGER_URL }, 'SITE_KEYSTORE_FILE'],
    [{ JOIN_SITE: '2' }, 'JOIN_SITE'],
    [network, '127.0.0.1:9'],
    [{ ...network, LEDGER_URL: 'ftp://127.0.0.1' }, 'LEDGER_URL'],
    [{ ...network, SITE_KEY: '', SITE_KEYSTORE_FILE: '/nowhere/k', SITE_PASSWORD_FILE: '/nowhere/p' }, '/nowhere/k'],
    [{ ...network, SEALED_DEPTH: '4' }, 'SEALED_DEPTH 4 is over FINAL_DEPTH 3'],
    [{ HOST: '203.0.113.1' }, '203.0.113.1'],
  ])('%j ends the start with one sentence', async (env, named) => {
    const DATA_DIR = mkdtempSync(path.join(parent, 'other-'));
    const { code, stderr } = await runCommand(['serve'], { PORT: '0', DATA_DIR, ...env });
    expect(code).toBe(1);
    expect(stderr).toContain(named);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    if ('LEDGER_URL' in env) expect(readdirSync(DATA_DIR).filter((file) => file.endsWith('.key'))).toEqual([]);
  });
});
