import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'libsql';
import { statSync } from 'node:fs';
import { until } from '../base/testing/until.js';
import type { Audit } from './audit.js';
import { auditFile } from './audit-database.js';
import { anEvent, auditBed, type AuditBed } from './testing/audit-bed.js';

let bed: AuditBed;
const opened: Audit[] = [];
const open = async (options?: Parameters<AuditBed['open']>[0]): Promise<Audit> => {
  const audit = await bed.open(options);
  opened.push(audit);
  return audit;
};
beforeEach(() => {
  bed = auditBed();
});
afterEach(async () => {
  for (const audit of opened.splice(0)) await audit.close().catch(() => undefined);
  bed.remove();
});

const all = (audit: Audit): Audit['search'] extends (query: never) => infer Page ? Page : never =>
  audit.search({ limit: 1000 });
const kinds = (audit: Audit): string[] =>
  all(audit)
    .rows.map(({ kind }) => kind)
    .reverse();

describe('openAudit', () => {
  it('writes down its start and its stop, in a file that only its owner reads', async () => {
    await (await open()).close();
    const again = await open();
    expect(kinds(again)).toEqual(['start', 'stop', 'start']);
    for (const ending of ['', '-wal', '-shm'])
      expect((statSync(auditFile(bed.folder) + ending).mode & 0o777).toString(8)).toBe('600');
  });

  it('has what was recorded on the disk when it says so', async () => {
    const audit = await open();
    await audit.record(anEvent({ kind: 'delete', subject: { StudyInstanceUID: '1.2', PatientID: 'P1' } }));
    const other = new Database(auditFile(bed.folder), { readonly: true });
    expect(other.prepare("SELECT count(*) AS n FROM event WHERE kind = 'delete'").get()).toMatchObject({ n: 1 });
    other.close();
    expect(all(audit).rows[0]).toMatchObject({
      kind: 'delete',
      agent: { name: 'Ada' },
      subject: { StudyInstanceUID: '1.2', PatientID: 'P1' },
    });
  });

  it('counts alike events of a minute as one, apart by person, study and outcome', async () => {
    const audit = await open();
    for (let frame = 1; frame <= 500; frame++)
      audit.note(anEvent({ instances: 1, request: `GET frame ${frame % 3}`, service: `service ${frame % 2}` }));
    audit.note(anEvent({ outcome: 4 }));
    audit.note(anEvent({ subject: { StudyInstanceUID: '1.2.4' } }));
    audit.note(anEvent({ agent: { ...anEvent().agent!, subject: 'u2' } }));
    await audit.close();
    const again = await open();
    const rows = all(again).rows.filter(({ kind }) => kind === 'access');
    expect(rows.map(({ count }) => count).sort((a, b) => a - b)).toEqual([1, 1, 1, 500]);
    expect(rows.find(({ count }) => count === 500)).toMatchObject({ instances: 500, outcome: 0 });
  });

  it('writes an event down when its minute is over, with the patient of the study', async () => {
    const audit = await open({ windowMs: 50, patientOf: async () => ({ PatientID: 'P7', IssuerOfPatientID: 'H' }) });
    audit.note(anEvent());
    const row = await until('the event', () => audit.search({ PatientID: 'P7', limit: 1 }).rows[0]);
    expect(row.subject).toEqual({ StudyInstanceUID: '1.2.3', PatientID: 'P7', IssuerOfPatientID: 'H' });
    audit.note(anEvent());
    await until('the next one', () => audit.search({ PatientID: 'P7', limit: 1 }).total === 2);
  });

  it('loses nothing that it was counting when it is killed', async () => {
    const audit = await open();
    audit.note(anEvent());
    audit.note(anEvent());
    const other = new Database(auditFile(bed.folder), { readonly: true });
    await until('it to be kept', () => {
      const kept = other.prepare('SELECT body FROM open_use').get() as { body: string } | undefined;
      return kept?.body.includes('\\"count\\":2');
    });
    other.close();
    // As after a kill: another process opens the same file.
    const next = await open();
    expect(all(next).rows.find(({ kind }) => kind === 'access')).toMatchObject({ count: 2 });
  });

  it('refuses to record while it cannot write, keeps what nobody waits for, and writes the gap down', async () => {
    const audit = await open({ windowMs: 10 });
    const thief = new Database(auditFile(bed.folder));
    thief.exec('BEGIN IMMEDIATE');
    await expect(audit.record(anEvent({ kind: 'transfer' }))).rejects.toMatchObject({ code: 'unavailable' });
    audit.note(anEvent());
    expect(audit.alarms).toMatchObject([{ code: 'audit-stopped', stopsStoring: true }]);
    thief.exec('ROLLBACK');
    thief.close();
    await until('the alarm to be over', () => audit.alarms.length === 0);
    await until('what was kept', () => kinds(audit).includes('access'));
    expect(kinds(audit)).toEqual(expect.arrayContaining(['recording-again', 'access']));
    expect(kinds(audit)).not.toContain('transfer');
    expect((await audit.verify()).problems).toEqual([]);
  });

  it('takes the subject away from its events for good, and still verifies', async () => {
    const audit = await open();
    await audit.record(anEvent({ subject: { StudyInstanceUID: '1.2', PatientID: 'CANARY' } }));
    await audit.record(anEvent({ subject: { StudyInstanceUID: '1.3', PatientID: 'OTHER' } }));
    expect(audit.blind({ PatientID: 'CANARY' })).toBe(1);
    const [other, blinded] = all(audit).rows;
    expect(other).toMatchObject({ isBlinded: false, subject: { PatientID: 'OTHER' } });
    expect(blinded).toMatchObject({ isBlinded: true, agent: { name: 'Ada' } });
    expect(blinded!.subject).toBeUndefined();
    expect((await audit.verify()).problems).toEqual([]);
    expect(audit.search({ PatientID: 'CANARY', limit: 1 }).total).toBe(0);
  });

  it('finds by every ground, and pages', async () => {
    const audit = await open();
    const at = Date.now();
    for (let n = 0; n < 5; n++)
      await audit.record(
        anEvent({ kind: 'query', subject: undefined, agent: { ...anEvent().agent!, subject: `s${n}` } }),
      );
    await audit.record(
      anEvent({ outcome: 4, address: '198.51.100.1', subject: { StudyInstanceUID: '9', PatientID: 'P' } }),
    );
    const total = (query: object): number => audit.search({ limit: 1, ...query }).total;
    expect(total({ kinds: ['query'] })).toBe(5);
    expect(total({ subject: 's3' })).toBe(1);
    expect(total({ issuer: 'https://idp.example' })).toBe(6);
    expect(total({ name: 'aD' })).toBe(6);
    expect(total({ name: '%' })).toBe(0);
    expect(total({ outcomes: [4, 8] })).toBe(1);
    expect(total({ address: '198.51.100.1' })).toBe(1);
    expect(total({ StudyInstanceUID: '9' })).toBe(1);
    expect(total({ PatientID: 'P', IssuerOfPatientID: 'X' })).toBe(0);
    expect([
      total({ from: at + 60_000 }),
      total({ to: at - 60_000 }),
      total({ kinds: ['query', 'access'], from: at - 1 }),
    ]).toEqual([0, 0, 6]);
    const first = audit.search({ kinds: ['query'], limit: 3 });
    const second = audit.search({ kinds: ['query'], limit: 3, before: first.next });
    expect([...first.rows, ...second.rows].map(({ agent }) => agent!.subject)).toEqual(['s4', 's3', 's2', 's1', 's0']);
    expect(second.next).toBeUndefined();
  });
});
