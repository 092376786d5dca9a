import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Server } from 'node:http';
import request from 'supertest';
import type { Principal } from '../../access/principal.js';
import { whoever } from '../../access/testing/whoever.js';
import type { Archive } from '../../archive/archive.js';
import { auditInMemory } from '../../audit/testing/audit-in-memory.js';
import type { Visibility } from '../../catalog/visibility.js';
import { createHttpApp } from '../create-http-app.js';
import type { NetworkReport } from '../ledger/network-report.js';
import { httpPartsOver } from '../testing/http-app-over.js';

const block = (number: bigint) => ({ number, hash: `0x${String(number).padStart(64, '0')}` });
const report: NetworkReport = {
  chainId: 1337n,
  contracts: ['0xc0ffee', '0xdecaf'],
  site: { id: 2, name: 'Klinik <Süd>' },
  depths: { sealed: 1, final: 12 },
  head: block(1234n),
  catalogue: { head: block(1231n) },
  nodes: [{ name: 'node-a', reachable: false, head: undefined, wrongAnswers: 3 }],
  outbox: { transactions: 4, bytes: 5000, windowBytes: 60000 },
  review: {
    waiting: 21,
    locked: [{ siteId: 2, count: 3456 }],
    unverified: 1022,
    oldestUnverifiedSeconds: 3605,
    quarantined: 23,
    conflicts: 24,
    heldRetirements: 25,
    mixedStudies: 26,
    readingSeconds: 0.5,
    verifyingSeconds: 0.5,
  },
  alarms: [{ code: 'no-node', sentence: 'No node answers: start it.', stopsStoring: true }],
  reverted: { count: 5, newest: [] },
};

let network = report;
let readiness = { ready: true, reasons: [] as string[], warnings: [] as string[] };
let principal: Principal;
const audit = auditInMemory();
const archiveFor = (visibility: Visibility): Archive =>
  ({
    seenBy: archiveFor,
    counts: async () =>
      visibility === 'everything'
        ? { patients: 1001, studies: 1002, series: 1003, instances: 1004 }
        : { patients: 1, studies: 2, series: 3, instances: 4 },
  }) as unknown as Archive;
const server: Server = createHttpApp({
  ...httpPartsOver(archiveFor('everything')),
  audit: Object.defineProperty(audit, 'lastAnchor', { get: () => anchor }),
  authenticate: async () => principal,
  network: async () => network,
  readiness: async () => readiness,
}).listen(0, '127.0.0.1');
afterAll(() => void server.close());
let anchor: typeof audit.lastAnchor;
beforeEach(() => {
  network = report;
  readiness = { ready: true, reasons: [], warnings: [] };
  anchor = undefined;
  principal = whoever();
});

/** The words of the page. */
async function words(): Promise<string> {
  const { status, text } = await request(server).get('/state');
  expect(status).toBe(200);
  expect(text).not.toMatch(/<script|<Süd>/);
  return text
    .replace(/<[^>]+>/g, ' ')
    .replace(/&#(\d+);/g, (_all, code) => String.fromCharCode(Number(code)))
    .replace(/\s+/g, ' ')
    .replace(/ (?=[:.])/g, '');
}

describe('the page of the state of the archive', () => {
  it('says that it is not ready, why, and what to do', async () => {
    readiness = {
      ready: false,
      reasons: [report.alarms[0]!.sentence, 'The catalogue is 20 blocks behind the chain.'],
      warnings: [],
    };
    const page = await words();
    expect(page).toContain('No. What follows has to be put right first. The catalogue is 20 blocks behind the chain.');
    expect(page).toContain('no-node No node answers: start it. stopped');
    expect(page.split('No node answers')).toHaveLength(2);
  });

  it('says that all is well', async () => {
    network = { ...report, alarms: [] };
    expect(await words()).toMatch(/Is it ready\? Yes\. .* What needs somebody Nothing\./);
  });

  it('has the chain, the site, its nodes, and the last anchor of the record', async () => {
    const before = await words();
    for (const part of [
      'Klinik <Süd> (site 2)',
      'Number of the chain 1337',
      `Newest block 1,234 ${block(1234n).hash}`,
      'Contract 0xc0ffee Earlier contract, read only 0xdecaf',
      'Catalogue 3 blocks behind',
      'Waiting for a block 4 transactions, 5,000 of at most 60,000 bytes',
      'node-a no unknown 3 times',
      'Not anchored on the chain yet',
    ])
      expect(before).toContain(part);
    anchor = { rows: 77, closedAt: Date.parse('2026-11-26T01:02:03Z'), block: 1200 };
    expect(await words()).toContain('last on 2026-11-26 01:02 UTC: 77 rows, in block 1,200.');
  });

  it('has what other sites announce, and leads an admin to it', async () => {
    const page = await words();
    for (const part of [
      'Waits to be read 21 Of site 2, without a key here 3,456 Not verified yet 1,022 Oldest of these sealed 3,605 seconds ago',
      'In quarantine, undecided 23 UIDs of several sites 24 Hours of held retirements 25',
    ])
      expect(page).toContain(part);
    expect(page).toContain('Look at them and decide');
    principal = whoever({ permissions: new Set(['audit']) });
    expect(await words()).not.toContain('Look at them and decide');
  });

  it('goes on without a node, and without a site', async () => {
    network = { ...report, head: undefined, site: { id: 0, name: '' } };
    const page = await words();
    expect(page).toContain('Catalogue unknown');
    expect(page).toContain('not admitted: nothing can be stored');
  });

  it('counts what its reader sees', async () => {
    expect(await words()).toContain('Patients 1,001 Studies 1,002 Series 1,003 Instances 1,004');
    principal = whoever({ sees: { labels: ['a'] } });
    const part = await words();
    expect(part).toContain('Patients 1 Studies 2 Series 3 Instances 4 These are the studies that you see.');
    expect(part).not.toContain('1,00');
  });

  it('is for whoever may read the ledger', async () => {
    principal = whoever({ permissions: new Set(['read', 'write', 'retire', 'admin']) });
    const { status, text } = await request(server).get('/state');
    expect([status, text.includes('1337')]).toEqual([403, false]);
  });
});
