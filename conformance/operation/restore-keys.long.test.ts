// About 120 s.
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { main, runCommand } from '../testing/command-line.js';
import { bytesOf, get, instancePath, sha256, storedSingle, stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';

const STUDIES = 1000;
const TIMEOUT_MS = 600_000;

const made = Array.from({ length: STUDIES }, (_, index) => {
  const [study, series, instance] = [newUid(), newUid(), newUid()];
  const file = ctSlice(
    { StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUID: instance, PatientID: `DRILL-${index % 100}` },
    { size: 16 },
  );
  return { file, url: instancePath({ study, series, instance }) };
});

const parent = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-drill-'));
const dataFolder = path.join(parent, 'data');
const backup = path.join(parent, 'backup');
let server: RunningServer;
beforeAll(async () => {
  server = await startServer({ dataFolder });
});
afterAll(async () => {
  await server.stop();
  rmSync(parent, { recursive: true, force: true });
});

/** In `lanes` at a time. */
async function forAll(work: (one: (typeof made)[number]) => Promise<void>, lanes = 8): Promise<void> {
  const queue = [...made];
  const lane = async (): Promise<void> => {
    for (let one = queue.shift(); one; one = queue.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

const studiesFound = async (): Promise<number> => {
  const response = await get(`${server.url}/dicom-web/studies?PatientID=DRILL-*&limit=5000`);
  return response.status === 204 ? 0 : ((await response.json()) as unknown[]).length;
};

async function restore(words: string): Promise<number | null> {
  const child = spawn(process.execPath, [main, 'keys', 'restore', backup, '--merge'], {
    env: { PATH: process.env['PATH'], DATA_DIR: dataFolder },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.stdin.end(words);
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

describe('The keys of an archive', () => {
  let words = '';

  it(
    'are backed up while it stores',
    async () => {
      let stored = 0;
      const storing = forAll(async ({ file }) => {
        const response = await stowSingle(server.url, file);
        await response.arrayBuffer();
        if (response.status === 200) stored++;
      });
      await until('some of them to be stored', async () => stored > STUDIES / 10);
      const { code, stdout } = await runCommand(['keys', 'backup', backup], { DATA_DIR: dataFolder });
      expect(code).toBe(0);
      words = stdout;
      await storing;
      expect(stored).toBe(STUDIES);
      expect(await studiesFound()).toBe(STUDIES);
    },
    TIMEOUT_MS,
  );

  it(
    'are all that is missing when they are lost: nothing can be read, until they are restored from file and words',
    async () => {
      await server.stop();
      const kept = ['chain', 'contract', 'keys', 'lock'];
      for (const name of readdirSync(dataFolder))
        if (!kept.includes(name) && !name.endsWith('.key')) rmSync(path.join(dataFolder, name), { recursive: true });
      rmSync(path.join(dataFolder, 'keys'), { recursive: true });
      server = await startServer({ dataFolder });
      expect(await studiesFound()).toBe(0);
      expect((await get(`${server.url}${made[0]!.url}`, storedSingle)).status).toBe(404);

      // It has begun new keys meanwhile, to which those of the backup are added.
      await server.stop();
      expect(await restore(words)).toBe(0);
      server = await startServer({ dataFolder });
      await until('all studies to be found again', async () => (await studiesFound()) === STUDIES);
      const wrong: string[] = [];
      await forAll(async ({ file, url }) => {
        const response = await get(`${server.url}${url}`, storedSingle);
        if (!response.ok || sha256(await bytesOf(response)) !== sha256(file)) wrong.push(`${url}: ${response.status}`);
      });
      expect(wrong).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'go on: what is stored next has the new ring',
    async () => {
      const [study, series, instance] = [newUid(), newUid(), newUid()];
      const file = ctSlice(
        { StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUID: instance },
        { size: 16 },
      );
      const response = await stowSingle(server.url, file);
      await response.arrayBuffer();
      expect(response.status).toBe(200);
      const read = await get(`${server.url}${instancePath({ study, series, instance })}`, storedSingle);
      expect(sha256(await bytesOf(read))).toBe(sha256(file));
      const { stdout } = await runCommand(['keys', 'status'], { DATA_DIR: dataFolder });
      expect(stdout.match(/^ring [0-9a-f]{32} of site 1: all of it/gm)).toHaveLength(2);
      expect(stdout.match(/written to since/g)).toHaveLength(1);
      expect(stdout).toContain('dicom-ledger keys backup <file>');
    },
    TIMEOUT_MS,
  );
});
