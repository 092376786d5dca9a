import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '../base/testing/until.js';
import type { Audit } from './audit.js';
import { anEvent, auditBed, type AuditBed } from './testing/audit-bed.js';

const HOUR_MS = 3_600_000;
const YEAR_MS = 366 * 24 * HOUR_MS;

let bed: AuditBed;
let audit: Audit | undefined;
let ahead = 0;
const now = (): number => Date.now() + ahead;
const open = async (): Promise<Audit> => (audit = await bed.open({ now, lookEveryMs: 5, retentionYears: 1 }));
beforeEach(() => {
  bed = auditBed();
  ahead = 0;
});
afterEach(async () => {
  await audit?.close().catch(() => undefined);
  bed.remove();
});

describe('startAnchors', () => {
  it('anchors once a day, and at the end what is new', async () => {
    const first = await open();
    ahead = 23 * HOUR_MS;
    await first.record(anEvent());
    expect(bed.chain.anchored).toEqual([]);
    ahead = 24 * HOUR_MS + 1_000;
    await until('the anchor', () => bed.chain.anchored.length === 1);
    expect(bed.chain.anchored[0]).toMatchObject({ count: 2 });
    await first.close();
    expect(bed.chain.anchored.map(({ count }) => count)).toEqual([2, 3]);
  });

  it('raises an alarm when a row has no anchor for 25 hours, and ends it when the chain is back', async () => {
    bed.chain.isReachable = false;
    const waiting = await open();
    ahead = 24.9 * HOUR_MS;
    expect(waiting.alarms).toEqual([]);
    ahead = 25.1 * HOUR_MS;
    expect(waiting.alarms).toMatchObject([{ code: 'audit-not-anchored', stopsStoring: false }]);
    bed.chain.isReachable = true;
    await until('the alarm to be over', () => waiting.alarms.length === 0);
  });

  it('ends though the chain neither takes an anchor nor refuses it, and the next start anchors what was left', async () => {
    bed.chain.isStuck = true;
    const stuck = await open();
    ahead = 24 * HOUR_MS + 1_000;
    await until('the anchor to be asked for', () => bed.chain.asked > 0);
    await stuck.close();
    bed.chain.isStuck = false;
    ahead = 0;
    await (await open()).close();
    expect(bed.chain.anchored.map(({ count }) => count)).toEqual([1, 2, 4]);
  });

  it('removes whole parts that are old enough, and the rest still verifies', async () => {
    const old = await open();
    for (let n = 0; n < 5; n++) await old.record(anEvent({ subject: { StudyInstanceUID: '1.1', PatientID: 'OLD' } }));
    await old.close();
    const young = await open();
    await young.record(anEvent({ kind: 'delete', subject: { StudyInstanceUID: '1.2', PatientID: 'YOUNG' } }));
    ahead = 23 * HOUR_MS;
    expect(young.search({ PatientID: 'OLD', limit: 1 }).total).toBe(5);
    ahead = YEAR_MS;
    await until('the old rows to be gone', () => young.search({ PatientID: 'OLD', limit: 1 }).total === 0);
    await young.record(anEvent({ kind: 'transfer' }));
    const found = await young.verify();
    expect(found.problems).toEqual([]);
    expect(found.rows).toBeGreaterThan(0);
    bed.chain.anchored[0]!.root = Buffer.alloc(32);
    expect((await young.verify()).problems).toEqual([
      expect.stringMatching(/^Rows 1 to 7 are not those that were anchored/),
    ]);
  });
});
