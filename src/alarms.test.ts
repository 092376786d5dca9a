import { until } from './base/testing/until.js';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import pino from 'pino';
import { ALARM_CODES, reviewAlarms, watchAlarms, type Alarms, type AlarmsOptions, type Reviewed } from './alarms.js';
import type { Alarm, LedgerHealth } from './ledger/ledger.js';
import { silentLog } from './base/log.js';

const minFreeBytes = 1000;
let alarms: Alarms | undefined;
let raised: Alarm[] = [];
const ledger = { health: async () => ({ alarms: raised }) as LedgerHealth };

afterEach(async () => {
  await alarms?.close();
  raised = [];
});

const watch = async (options: Partial<AlarmsOptions>, log = silentLog): Promise<Alarms> =>
  (alarms = await watchAlarms({ ledger, log }, { folders: {}, minFreeBytes, everyMs: 1, ...options }));

describe('watchAlarms', () => {
  it.each([
    [999, ['disk-low']],
    [1000, []],
    [1001, []],
  ])('disk-low: of %i free bytes, from the start on', async (free, expected) => {
    const { current } = await watch({ folders: { DATA_DIR: '/a' }, freeBytes: async () => free });
    expect(current.map(({ code }) => code)).toEqual(expected);
  });

  it('disk-low stops storing, names the setting and not the folder, and goes when there is room', async () => {
    let free = 0;
    const folders = { DATA_DIR: '/a', NODE_DATA_DIR: '/secret', OTHER: undefined };
    const freeBytes = async (folder: string): Promise<number> => (folder === '/secret' ? free : 5000);
    const watched = await watch({ folders, freeBytes });
    const [alarm] = watched.current;
    expect(alarm).toMatchObject({ code: 'disk-low', stopsStoring: true });
    expect(alarm!.sentence).toMatch(/^0 bytes are free on the disk of NODE_DATA_DIR/);
    expect(alarm!.sentence).not.toMatch(/secret|disk of DATA_DIR/);
    free = 1000;
    await until('no alarm', () => watched.current.length === 0);
  });

  it('counts a disk that cannot be asked any more as full', async () => {
    let isGone = false;
    const freeBytes = async (): Promise<number> => {
      if (isGone) throw Object.assign(new Error('gone'), { code: 'EIO' });
      return 5000;
    };
    const watched = await watch({ folders: { DATA_DIR: '/a' }, freeBytes });
    expect(watched.current).toEqual([]);
    isGone = true;
    await until('an alarm', () => watched.current.length > 0);
    expect(watched.current[0]!.sentence).toContain('EIO');
  });

  it('keeps up an alarm that was raised for as long as that lasts after the last time', async () => {
    const watched = await watch({ raisedMs: 60_000 });
    watched.raise({ code: 'break-glass', sentence: 'Look at the record.', stopsStoring: false });
    await until('the alarm', () => watched.current.some(({ code }) => code === 'break-glass'));
    const short = await watchAlarms({ ledger, log: silentLog }, { folders: {}, minFreeBytes, everyMs: 1, raisedMs: 1 });
    short.raise({ code: 'break-glass', sentence: 'Look at the record.', stopsStoring: false });
    await until('its end', () => short.current.length === 0);
    await short.close();
    expect(watched.current).toHaveLength(1);
  });

  it('refuses a folder that is not there at the start', async () => {
    await expect(watch({ folders: { NODE_DATA_DIR: '/nonexistent/folder' } })).rejects.toMatchObject({
      code: 'misconfigured',
      message: expect.stringContaining('NODE_DATA_DIR "/nonexistent/folder"') as unknown as string,
    });
  });

  it('logs that an alarm is raised and that it is over, once each', async () => {
    const lines: Record<string, unknown>[] = [];
    const logged = new PassThrough();
    logged.on('data', (line: Buffer) => lines.push(JSON.parse(line.toString()) as Record<string, unknown>));
    let looks = 0;
    const freeBytes = async (): Promise<number> => (looks++, 5000);
    const watched = await watch({ folders: { DATA_DIR: '/a' }, freeBytes }, pino({ base: null }, logged));
    raised = [{ code: 'no-peers', sentence: 'Alone.', stopsStoring: false }];
    await until('one alarm', () => watched.current.length === 1);
    raised = [{ code: 'no-peers', sentence: 'Still alone.', stopsStoring: false }];
    await until("the alarm's new sentence", () => watched.current[0]!.sentence === 'Still alone.');
    raised = [];
    const before = looks;
    await until('two more looks', () => looks > before + 2);
    expect(lines).toMatchObject([
      { level: 40, alarm: 'no-peers', stopsStoring: false, msg: 'Alone.' },
      { level: 30, alarm: 'no-peers', msg: 'The alarm is over.' },
    ]);
  });

  it('goes on after a look that failed', async () => {
    let fails = false;
    let failures = 0;
    const broken = {
      health: async () => {
        if (fails && ++failures > 0) throw new Error('no');
        return { alarms: raised } as LedgerHealth;
      },
    };
    alarms = await watchAlarms({ ledger: broken, log: silentLog }, { folders: {}, minFreeBytes, everyMs: 1 });
    fails = true;
    await until('two failures', () => failures > 1);
    raised = [{ code: 'no-node', sentence: 'None.', stopsStoring: true }];
    fails = false;
    await until('one alarm', () => alarms!.current.length === 1);
  });
});

describe('reviewAlarms', () => {
  const HOUR = Date.parse('2026-11-27T13:00:00Z') / 1000;
  const none = { quarantined: 0, conflicts: 0, mixedStudies: 0, locked: [], missingRings: 0, retirements: [] };
  const held = { siteId: 2, hour: HOUR, count: 500, decision: 'held' } as const;
  const codesOf = (reviewed: Partial<Reviewed>, nowMs = HOUR * 1000): string[] =>
    reviewAlarms({ ...none, ...reviewed }, { siteId: 1, nowMs }).map(({ code }) => code);

  it('are none while there is nothing to look at', () => {
    expect(codesOf({})).toEqual([]);
    expect(codesOf({ retirements: [{ ...held, decision: 'accepted' }] })).toEqual([]);
    expect(codesOf({ retirements: [{ ...held, decision: 'refused' }] })).toEqual([]);
    // What others do not share is no matter of a person here; an account of no site has no keys to lose.
    expect(codesOf({ locked: [{ siteId: 2, count: 4 }] })).toEqual([]);
    expect(reviewAlarms({ ...none, locked: [{ siteId: 0, count: 1 }] }, { siteId: 0 })).toEqual([]);
  });

  it.each<[string, Partial<Reviewed>]>([
    ['study-conflict', { conflicts: 1 }],
    ['two-patients', { mixedStudies: 1 }],
    ['quarantine', { quarantined: 1 }],
    ['mass-retirement', { retirements: [held] }],
    [
      'keys-missing',
      {
        locked: [
          { siteId: 2, count: 4 },
          { siteId: 1, count: 3 },
        ],
      },
    ],
    ['keys-missing', { missingRings: 1 }],
  ])('%s: while there is one, and nothing stops', (code, reviewed) => {
    expect(codesOf(reviewed, (HOUR + 365 * 86_400) * 1000)).toEqual([code]);
    expect(reviewAlarms({ ...none, ...reviewed }, { siteId: 1 })).toMatchObject([{ stopsStoring: false }]);
  });

  it('mass-retirement: of this site itself for a day after that hour, whatever became of it', () => {
    const retirements: Reviewed['retirements'] = [{ ...held, siteId: 1, decision: 'accepted' }];
    const end = (HOUR + 3600 + 86_400) * 1000;
    expect(codesOf({ retirements }, HOUR * 1000)).toEqual(['mass-retirement']);
    expect(codesOf({ retirements }, end - 1)).toEqual(['mass-retirement']);
    expect(codesOf({ retirements }, end)).toEqual([]);
  });

  it('name the site that retired, and what waits for somebody goes before', () => {
    const own = { ...held, siteId: 1, decision: 'accepted' } as const;
    const [alarm] = reviewAlarms({ ...none, retirements: [own, held] }, { siteId: 1, nowMs: HOUR * 1000 });
    expect(alarm!.sentence).toContain('500 images of site 2 were retired');
  });

  it('are looked for with the others, and hide none when they cannot be told', async () => {
    const others = jest.fn(async (): Promise<Alarm[]> => reviewAlarms({ ...none, conflicts: 3 }, { siteId: 1 }));
    alarms = await watchAlarms({ ledger, log: silentLog, others }, { folders: {}, minFreeBytes, everyMs: 1 });
    expect(alarms.current.map(({ code }) => code)).toEqual(['study-conflict']);
    others.mockRejectedValue(new Error('no catalogue'));
    raised = [{ code: 'no-node', sentence: 'None.', stopsStoring: true }];
    await until('another alarm', () => alarms!.current.length === 2);
  });
});

describe('docs/operations/alarms.md', () => {
  const page = readFileSync('docs/operations/alarms.md', 'utf8');

  it('has one chapter for each alarm of the program, and none for another', () => {
    const chapters = [...page.matchAll(/^## `([^`]+)`$/gm)].map(([, code]) => code);
    expect(chapters.sort()).toEqual([...ALARM_CODES].sort());
  });

  it('says of each when it is raised, whether it stops storing, and what to do', () => {
    const chapters = page.split(/^## /m).slice(1);
    for (const chapter of chapters) {
      expect(chapter).toMatch(/^- \*\*When\*\*: /m);
      expect(chapter).toMatch(/^- \*\*Stops storing\*\*: (yes|no)\./m);
      expect(chapter).toMatch(/^- \*\*What to do\*\*: /m);
    }
  });
});
