import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runCommand } from '../testing/command-line.js';
import { bytesOf, get, instancePath, sha256, storedSingle, stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { until } from '../../src/base/testing/until.js';

const dataFolder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-persistence-'));

/** 73 KB each: three pieces. */
const [study, series] = [newUid(), newUid()];
const slices = Array.from({ length: 40 }, (_, index) => {
  const instance = newUid();
  const file = ctSlice(
    {
      StudyInstanceUID: study,
      SeriesInstanceUID: series,
      SOPInstanceUID: instance,
      InstanceNumber: String(index + 1),
      ImageComments: `Slice ${index}`,
    },
    { size: 190 },
  );
  file.writeUInt32LE(index, file.length - 4);
  return { instance, file, url: instancePath({ study, series, instance }) };
});
type Slice = (typeof slices)[number];

/** Sends slices, six at a time, and tells of each that was acknowledged. Ends when all were sent or nobody answers. */
async function sendAll(url: string, files: readonly Slice[], onStored: (slice: Slice) => void): Promise<number[]> {
  const queue = [...files];
  const statuses: number[] = [];
  const sender = async (): Promise<void> => {
    for (let slice = queue.shift(); slice; slice = queue.shift()) {
      const response = await stowSingle(url, slice.file).catch(() => undefined);
      if (response === undefined) return;
      statuses.push(response.status);
      if (response.status === 200) onStored(slice);
      await response.arrayBuffer().catch(() => undefined);
    }
  };
  await Promise.all(Array.from({ length: 6 }, sender));
  return statuses;
}

async function differing(url: string, wanted: Iterable<Slice>): Promise<string[]> {
  const wrong: string[] = [];
  for (const slice of wanted) {
    const response = await get(`${url}${slice.url}`, storedSingle);
    if (!response.ok || sha256(await bytesOf(response)) !== sha256(slice.file))
      wrong.push(`${slice.instance}: HTTP ${response.status}`);
  }
  return wrong;
}

const answerPaths = [
  '/dicom-web/patients',
  '/dicom-web/studies?includefield=all',
  '/dicom-web/series?includefield=all',
  '/dicom-web/instances?includefield=all',
  `/dicom-web/studies/${study}/metadata`,
  `/dicom-web/studies/${study}/series/${series}/instances`,
];

async function answers(url: string): Promise<string[]> {
  return Promise.all(
    answerPaths.map(async (path) => (await (await get(url + path)).text()).replaceAll(url, 'http://server')),
  );
}

describe('A server that is killed while it stores', () => {
  const acknowledged = new Set<Slice>();
  let server: RunningServer;
  afterAll(async () => {
    await server.kill9();
    rmSync(dataFolder, { recursive: true, force: true });
  });

  it('has every acknowledged instance, byte by byte, after each restart', async () => {
    for (const [round, killAfter] of [1, 6, 11].entries()) {
      server = await startServer({ dataFolder });
      expect(await differing(server.url, acknowledged)).toEqual([]);
      const before = acknowledged.size;
      const pauseMs = Math.random() * 100;
      let killed: Promise<void> | undefined;
      const { url } = server;
      const sending = sendAll(url, [...slices.slice(round * 5), ...slices], (slice) => {
        acknowledged.add(slice);
        if (acknowledged.size >= before + killAfter) killed ??= delay(pauseMs).then(() => server.kill9());
      });
      await sending;
      await killed;
      expect(acknowledged.size).toBeGreaterThanOrEqual(before + killAfter);
    }
    server = await startServer({ dataFolder });
    expect(await differing(server.url, acknowledged)).toEqual([]);
  });

  it('finishes what was left in the spool by itself', async () => {
    await until('an empty spool', async () => readdirSync(path.join(dataFolder, 'spool')).length === 0);
  });

  it('has all of them once all are sent again, and verify --all finds them intact', async () => {
    const statuses = await sendAll(server.url, slices, (slice) => acknowledged.add(slice));
    expect(statuses).toEqual(slices.map(() => 200));
    expect(acknowledged.size).toBe(slices.length);
    expect(await differing(server.url, slices)).toEqual([]);
    const { code, stdout } = await runCommand(['verify', '--all', '--url', server.url]);
    expect(stdout).toMatch(/^40 instances, \d+ bytes read from the chain: all intact\.$/m);
    expect(code).toBe(0);
  });

  it('lets no second server and no rebuild into its data folder', async () => {
    const second = await runCommand(['serve'], { DATA_DIR: dataFolder, PORT: '0' });
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(dataFolder);
    expect(second.stderr).not.toMatch(/^\s+at /m);
    const rebuild = await runCommand(['rebuild'], { DATA_DIR: dataFolder });
    expect(rebuild.code).toBe(1);
    expect(rebuild.stderr).toContain(dataFolder);
    expect((await get(`${server.url}${slices[0]?.url}`, storedSingle)).status).toBe(200);
  });

  it('ends in order with exit code 0 on SIGTERM while storing', async () => {
    const more = Array.from({ length: 30 }, () => {
      const instance = newUid();
      const ids = { StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUID: instance };
      return { instance, file: ctSlice(ids, { size: 190 }), url: instancePath({ study, series, instance }) };
    });
    const stored: Slice[] = [];
    let stopped: Promise<number | null> | undefined;
    await sendAll(server.url, more, (slice) => {
      stored.push(slice);
      if (stored.length === 5) stopped = server.stop();
    });
    expect(await stopped).toBe(0);
    expect(stored.length).toBeLessThan(more.length);
    server = await startServer({ dataFolder });
    expect(await differing(server.url, stored)).toEqual([]);
    await until('an empty spool', async () => readdirSync(path.join(dataFolder, 'spool')).length === 0);
    const before = await answers(server.url);
    expect(before.join()).toContain(slices[39]?.instance);
    expect(await server.stop()).toBe(0);

    const rebuilt = await runCommand(['rebuild'], { DATA_DIR: dataFolder });
    expect(rebuilt.stdout).toMatch(/1 studies, 1 series, \d+ instances/);
    expect(rebuilt.code).toBe(0);
    server = await startServer({ dataFolder });
    expect(await answers(server.url)).toEqual(before);
    expect(await differing(server.url, slices.slice(0, 3))).toEqual([]);
    expect(await server.stop()).toBe(0);
  });
});
