import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Archive, QuarantinedAnnouncement, Review } from '../../src/archive/archive.js';
import { httpAppOver } from '../../src/http/testing/http-app-over.js';
import { runCommand } from '../testing/command-line.js';

const HOUR = Date.parse('2026-11-27T13:00:00Z') / 1000;
const keyOf = (n: number): string => n.toString(16).padStart(64, '0');
const image = (id: number): QuarantinedAnnouncement => ({
  id,
  siteId: 2,
  contract: '0xcc',
  imageId: '0xdd',
  contentKey: keyOf(id),
  reason: 'bytes',
  detail: 'The bytes\u001b[31m\tare others.',
  state: 'sealed',
  announcedAt: HOUR,
  StudyInstanceUID: '1.2',
  SOPInstanceUID: '1.2.3',
  isRefused: id === 3,
});

/** More than one page of them. */
const images = Array.from({ length: 250 }, (_, i) => image(250 - i));
let asked: unknown[] = [];
beforeEach(() => void (asked = []));
const noted = async (...of: unknown[]): Promise<boolean> => (asked.push(of), true);
const review = {
  quarantined: async ({ limit, before = Infinity, siteId = 2 }) =>
    images.filter(({ id, siteId: site }) => id < before && site === siteId).slice(0, limit),
  conflicts: async () => [
    {
      level: 'study',
      uid: '1.5',
      sites: [
        { siteId: 3, isShown: true, isAddition: false, instanceCount: 5 },
        { siteId: 1, isShown: false, isAddition: false, instanceCount: 2 },
        { siteId: 2, isShown: false, isAddition: true, instanceCount: 1 },
      ],
    },
  ],
  massRetirements: async () => [{ siteId: 2, hour: HOUR, count: 101, decision: 'held' }],
  decide: async (contentKey, { kind }) => noted(contentKey, kind),
  decideRetirements: async ({ siteId, hour }, { kind }) => hour === HOUR && noted(siteId, hour, kind),
} as Partial<Review>;

let server: Server;
const run = (...args: string[]) =>
  runCommand([...args, '--url', `http://127.0.0.1:${(server.address() as AddressInfo).port}`]);
beforeAll(async () => {
  server = httpAppOver({ review, sites: async () => [] } as unknown as Archive).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());

describe('quarantine', () => {
  it('lists all of it, a line each, and of one site when it is told', async () => {
    const { code, stdout } = await run('quarantine');
    const lines = stdout.trimEnd().split('\n');
    expect([code, lines.length, new Set(lines).size]).toEqual([0, 250, 250]);
    expect(lines[0]).toBe([keyOf(250), 2, 'bytes', 'sealed', 'undecided', 'The bytes [31m are others.'].join('\t'));
    expect(lines.at(-3)).toContain('\trefused\t');
    const none = await run('quarantine', 'list', '--site', '3');
    expect([none.code, none.stdout, none.stderr]).toEqual([0, '', 'Nothing is in quarantine.\n']);
  });

  it('releases and refuses one', async () => {
    expect((await run('quarantine', 'release', keyOf(7))).stdout).toBe(`${keyOf(7)} is released.\n`);
    expect((await run('quarantine', 'refuse', keyOf(8))).stdout).toBe(`${keyOf(8)} is refused.\n`);
    expect(asked).toEqual([
      [keyOf(7), 'released'],
      [keyOf(8), 'refused'],
    ]);
    const { code, stderr } = await run('quarantine', 'release', 'abc');
    expect([code, stderr]).toEqual([1, expect.stringContaining('64 hex digits')]);
  });
});

describe('conflicts', () => {
  it('lists who is shown and who is not', async () => {
    expect((await run('conflicts')).stdout).toBe('study\t1.5\t3 (5)\t1 (2), 2 (1, added)\n');
  });
});

describe('retirements', () => {
  it('lists the hours as accept and refuse take them', async () => {
    expect((await run('retirements')).stdout).toBe(`2\t${HOUR}\t2026-11-27T13:00:00.000Z\t101\theld\n`);
    expect((await run('retirements', 'accept', '2', String(HOUR))).stdout).toContain('are accepted.');
    expect((await run('retirements', 'refuse', '2', String(HOUR))).stdout).toContain('are refused.');
    expect(asked).toEqual([
      [2, HOUR, 'accepted'],
      [2, HOUR, 'refused'],
    ]);
  });

  it('says what is wrong', async () => {
    expect((await run('retirements', 'accept', '2', String(HOUR + 3600))).stderr).toContain('no more than usual');
    expect((await run('retirements', 'accept', '2', 'noon')).stderr).toContain('retirements list');
    expect((await run('retirements', 'accept', 'x', String(HOUR))).code).toBe(1);
  });
});
