import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { runCommand } from '../testing/command-line.js';
import { bytesOf, get, instancePath, stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';

interface Coding {
  code: string;
}
interface AuditEvent {
  type: Coding;
  subtype?: Coding[];
  outcome: string;
  outcomeDesc: string;
  agent: { requestor: boolean; who: { identifier: { value: string } }; network?: { address: string } }[];
  entity?: {
    what?: { type?: string; identifier: { value: string } };
    detail?: { type: string; valueString: string }[];
  }[];
}
interface Bundle {
  total: number;
  link: { relation: string; url: string }[];
  entry: { resource: AuditEvent }[];
}

const dataFolder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-audit-'));
const file = path.join(dataFolder, 'audit.sqlite');
let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ dataFolder });
});
afterAll(async () => {
  await server.kill9();
  rmSync(dataFolder, { recursive: true, force: true });
});

const slice = (): { ids: Record<'study' | 'series' | 'instance', string>; bytes: Uint8Array } => {
  const ids = { study: newUid(), series: newUid(), instance: newUid() };
  const uids = { StudyInstanceUID: ids.study, SeriesInstanceUID: ids.series, SOPInstanceUID: ids.instance };
  return { ids, bytes: ctSlice(uids, { size: 16 }) };
};
const audit = async (query: string): Promise<Bundle> =>
  (await (await get(`${server.url}/ledger/audit?${query}`)).json()) as Bundle;
const events = async (query: string): Promise<AuditEvent[]> =>
  (await audit(query)).entry.map(({ resource }) => resource);
const verify = (...args: string[]) => runCommand(['audit', 'verify', ...args]);

describe('The audit', () => {
  it('has who stored, searched and retired what, and the patient of the study', async () => {
    const { ids, bytes } = slice();
    expect((await stowSingle(server.url, bytes)).status).toBe(200);
    const [stored, begun] = await events(`study=${ids.study}&type=110104`);
    expect(stored).toMatchObject({ outcome: '0', outcomeDesc: 'HTTP 200.', subtype: [{ code: 'create' }] });
    expect(stored!.agent[0]).toMatchObject({
      who: { identifier: { value: 'local' } },
      network: { address: '127.0.0.1' },
    });
    // Before the data set was read, nobody knew which study it would be.
    expect(begun).toBeUndefined();
    const patient = stored!.entity!.find(({ what }) => what?.type === 'Patient')!.what!.identifier.value;
    const gone = await fetch(`${server.url}${instancePath(ids)}?reason=test`, { method: 'DELETE' });
    expect(gone.status).toBe(204);
    expect((await events(`patient=${patient}&type=110105`)).map(({ outcomeDesc }) => outcomeDesc)).toEqual([
      'HTTP 204.',
      'About to be tried; another event says how it ended.',
    ]);
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
  });

  it('loses no event of what was stored and answered, when the server is killed after the answer', async () => {
    const answered: string[] = [];
    for (let round = 0; round < 3; round++) {
      for (let n = 0; n < 3; n++) {
        const { ids, bytes } = slice();
        expect((await stowSingle(server.url, bytes)).status).toBe(200);
        answered.push(ids.study);
      }
      await server.kill9();
      server = await startServer({ dataFolder });
    }
    for (const study of answered) expect((await audit(`study=${study}&type=110104&outcome=0`)).total).toBe(1);
    expect(await verify('--url', server.url)).toMatchObject({ code: 0 });
  });

  it('has what somebody was looking at when the server was killed, once it has been told the disk', async () => {
    const { ids, bytes } = slice();
    await stowSingle(server.url, bytes);
    for (const what of ['metadata', 'rendered', 'thumbnail'])
      expect((await bytesOf(await get(`${server.url}${instancePath(ids)}/${what}`))).length).toBeGreaterThan(0);
    const kept = new Database(file, { readonly: true });
    await until('the count to be on the disk', () => {
      const uses = kept.prepare('SELECT body FROM open_use').all() as { body: string }[];
      return uses.some(({ body }) => body.includes(ids.study) && body.includes('\\"count\\":3'));
    });
    kept.close();
    await server.kill9();
    server = await startServer({ dataFolder });
    const [looked, ...others] = await events(`study=${ids.study}&type=110103`);
    expect(others).toEqual([]);
    expect(looked!.entity!.flatMap(({ detail }) => detail ?? [])).toContainEqual({ type: 'count', valueString: '3' });
  });

  it('is found page by page, by ITI-81, and refuses a parameter that it does not know', async () => {
    const first = await audit('type=110104&_count=3');
    expect(first.entry).toHaveLength(3);
    const next = first.link.find(({ relation }) => relation === 'next')!.url;
    const second = (await (await get(next)).json()) as Bundle;
    expect([second.total, second.entry.length]).toEqual([first.total, 3]);
    expect(second.entry[0]).not.toEqual(first.entry[2]);
    for (const query of ['patients=1', 'date=yesterday', '_count=0', 'study=x', 'outcome=1', 'type=a&type=b'])
      expect([query, (await get(`${server.url}/ledger/audit?${query}`)).status]).toEqual([query, 400]);
    expect((await audit('date=lt2020')).total).toBe(0);
    expect((await audit('date=ge2020-01-01&date=lt2020-02')).total).toBe(0);
    expect(
      (await audit(`subtype=${encodeURIComponent('http://dicom.nema.org/resources/ontology/DCM|110120')}`)).total,
    ).toBe(5);
  });

  it('is given as CSV, with the same parameters, all pages of it', async () => {
    const { total } = await audit('type=110104');
    const response = await get(`${server.url}/ledger/audit.csv?type=110104`);
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    const lines = (await response.text()).split('\r\n');
    expect(lines[0]).toMatch(/^"position","first","last",/);
    expect(lines).toHaveLength(total + 2);
  });

  it('is anchored on the chain at an orderly stop, and verifies with the server and without', async () => {
    const logs: string[] = [];
    await server.stop();
    server = await startServer({ dataFolder, onLine: (line) => logs.push(line) });
    const byServer = await verify('--url', server.url);
    expect(byServer).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+ rows in 1 anchored parts, \d+ after/),
    });
    const db = new Database(file, { readonly: true });
    expect(db.prepare('SELECT first, block FROM part').get()).toMatchObject({ first: 1, block: expect.any(Number) });
    db.close();
    await server.stop();
    expect(await verify('--data', dataFolder)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('2 anchored'),
    });
    const tampered = new Database(file);
    tampered.exec('DROP TRIGGER event_stays_as_it_is');
    tampered.exec(`UPDATE event SET body = replace(body, '"Local operator"', '"Somebody else"') WHERE position = 3`);
    tampered.close();
    const found = await verify('--data', dataFolder);
    expect(found).toMatchObject({ code: 1, stdout: expect.stringMatching(/^Row 3 was altered\.\n/) });
    server = await startServer({ dataFolder });
    expect(await verify('--url', server.url)).toMatchObject({ code: 1, stdout: expect.stringMatching(/^Row 3 was/) });
  });

  it('stops storing when it cannot be written, and goes on giving images out', async () => {
    const { ids, bytes } = slice();
    expect((await stowSingle(server.url, bytes)).status).toBe(200);
    const thief = new Database(file);
    thief.exec('BEGIN IMMEDIATE');
    const { bytes: other } = slice();
    expect((await stowSingle(server.url, other)).status).toBe(503);
    expect((await get(`${server.url}${instancePath(ids)}/metadata`)).status).toBe(200);
    await until('/readyz to say so', async () => (await get(`${server.url}/readyz`)).status === 503);
    thief.exec('ROLLBACK');
    thief.close();
    await until('/readyz to be well', async () => (await get(`${server.url}/readyz`)).status === 200);
    expect((await stowSingle(server.url, other)).status).toBe(200);
    expect((await audit('subtype=110134')).total).toBe(1);
  });
});
