// About 130 s.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { main, runCommand } from '../testing/command-line.js';
import { bytesOf, get, instancePath, metric, sha256, storedSingle, stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';

const STUDIES = 1000;
const SAMPLE = 50;
const TIMEOUT_MS = 600_000;
/** What a copy of DATA_DIR has that was made without its keys (docs/operations/backup.md), and nothing that can be made again. */
const KEPT = ['chain', 'contract', 'site.key', 'governor.key', 'champion.key'];

const made = Array.from({ length: STUDIES }, (_, index) => {
  const [study, series, instance] = [newUid(), newUid(), newUid()];
  const file = ctSlice(
    { StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUID: instance, PatientID: `DRILL-${index % 100}` },
    { size: 16 },
  );
  return { file, url: instancePath({ study, series, instance }) };
});

const parent = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-drill-'));
const oldFolder = path.join(parent, 'old');
const copy = path.join(parent, 'copy');
const backup = path.join(parent, 'backup');
let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ dataFolder: oldFolder });
});
afterAll(async () => {
  await server.stop();
  rmSync(parent, { recursive: true, force: true });
});

type Made = (typeof made)[number];

/** In `lanes` at a time. */
async function forAll(all: readonly Made[], work: (one: Made) => Promise<void>, lanes = 8): Promise<void> {
  const queue = [...all];
  const lane = async (): Promise<void> => {
    for (let one = queue.shift(); one; one = queue.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

const studiesFound = async (): Promise<number> => {
  const response = await get(`${server.url}/dicom-web/studies?PatientID=DRILL-*&limit=5000`);
  return response.status === 204 ? 0 : ((await response.json()) as unknown[]).length;
};

async function expectBytesOf(all: readonly Made[]): Promise<void> {
  const wrong: string[] = [];
  await forAll(all, async ({ file, url }) => {
    const response = await get(`${server.url}${url}`, storedSingle);
    if (!response.ok || sha256(await bytesOf(response)) !== sha256(file)) wrong.push(`${url}: ${response.status}`);
  });
  expect(wrong).toEqual([]);
}

/** A new machine: an empty folder, and what was kept of the old one. */
function newMachine(name: string): string {
  const dataFolder = path.join(parent, name);
  mkdirSync(dataFolder, { mode: 0o700 });
  for (const entry of KEPT) cpSync(path.join(copy, entry), path.join(dataFolder, entry), { recursive: true });
  return dataFolder;
}

async function restore(dataFolder: string, words: string, ...options: string[]): Promise<number | null> {
  const child = spawn(process.execPath, [main, 'keys', 'restore', backup, ...options], {
    env: { PATH: process.env['PATH'], DATA_DIR: dataFolder },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.stdin.end(words);
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

/** What is stored next is read again, under a new ring. */
async function expectStoringGoesOn(dataFolder: string): Promise<void> {
  const [study, series, instance] = [newUid(), newUid(), newUid()];
  const file = ctSlice({ StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUID: instance }, { size: 16 });
  const response = await stowSingle(server.url, file);
  await response.arrayBuffer();
  expect(response.status).toBe(200);
  await expectBytesOf([{ file, url: instancePath({ study, series, instance }) }]);
  const { stdout } = await runCommand(['keys', 'status'], { DATA_DIR: dataFolder });
  expect(stdout.match(/^ring [0-9a-f]{32} of site 1: all of it/gm)).toHaveLength(2);
  expect(stdout.match(/written to since/g)).toHaveLength(1);
  expect(stdout).toContain('dicom-ledger keys backup <file>');
}

describe('The keys of an archive', () => {
  let words = '';

  it(
    'are backed up while it stores',
    async () => {
      let stored = 0;
      const storing = forAll(made, async ({ file }) => {
        const response = await stowSingle(server.url, file);
        await response.arrayBuffer();
        if (response.status === 200) stored++;
      });
      await until('some of them to be stored', async () => stored > STUDIES / 10);
      const { code, stdout } = await runCommand(['keys', 'backup', backup], { DATA_DIR: oldFolder });
      expect(code).toBe(0);
      words = stdout;
      await storing;
      expect(stored).toBe(STUDIES);
      expect(await studiesFound()).toBe(STUDIES);
      await server.stop();
      mkdirSync(copy);
      for (const entry of KEPT) cpSync(path.join(oldFolder, entry), path.join(copy, entry), { recursive: true });
      rmSync(oldFolder, { recursive: true });
    },
    TIMEOUT_MS,
  );

  it(
    'are restored on a new machine from file and words, before its first start: every study is there, to the byte',
    async () => {
      const dataFolder = newMachine('new');
      expect(await restore(dataFolder, words)).toBe(0);
      server = await startServer({ dataFolder });
      await until('all studies to be found', async () => (await studiesFound()) === STUDIES);
      await expectBytesOf(made);
      await expectStoringGoesOn(dataFolder);
      await server.stop();
    },
    TIMEOUT_MS,
  );

  it(
    'are all that is missing without them, also where new ones have begun, to which those of the backup are added',
    async () => {
      const dataFolder = newMachine('merged');
      server = await startServer({ dataFolder });
      const locked = (): Promise<number> => metric(server.url, 'dicom_ledger_locked_announcements');
      await until('all to be there without a key', async () => (await locked()) === STUDIES);
      expect(await studiesFound()).toBe(0);
      expect((await get(`${server.url}${made[0]!.url}`, storedSingle)).status).toBe(404);
      await server.stop();
      expect(await restore(dataFolder, words)).toBe(1);
      expect(await restore(dataFolder, words, '--merge')).toBe(0);
      server = await startServer({ dataFolder });
      await until('all studies to be found again', async () => (await studiesFound()) === STUDIES);
      await expectBytesOf(made.filter((_, index) => index % (STUDIES / SAMPLE) === 0));
      await expectStoringGoesOn(dataFolder);
    },
    TIMEOUT_MS,
  );
});
