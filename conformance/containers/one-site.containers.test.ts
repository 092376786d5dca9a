import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chmodSync } from 'node:fs';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { asEarlierRelease } from '../../src/catalog/testing/as-earlier-release.js';
import { stowSingle } from '../testing/dicomweb-client.js';
import {
  PATIENCE,
  compose,
  exitCodeOf,
  logsOf,
  podman,
  startEngine,
  tryPodman,
  volumeFolder,
} from './testing/engine.js';
import { newSlice, ready, seen, store, type Made } from './testing/site-in-container.js';

const FILE = 'compose.yaml';
const NAME = 'dicom-ledger-dicom-ledger-1';
const VOLUME = 'dicom-ledger_data';
const url = 'http://127.0.0.1:8080';
const all: Made[] = [];
const exec = (...args: string[]) => tryPodman('exec', NAME, ...args);
const statusLine = async (key: string): Promise<string | undefined> =>
  new RegExp(`^${key}:\\s*(\\S+)`, 'm').exec((await exec('cat', '/proc/1/status')).stdout)?.[1];

async function up(): Promise<void> {
  await compose(FILE, 'up', '--detach', '--no-build');
  await ready(url, VOLUME);
}

let stopEngine: () => Promise<void>;
beforeAll(async () => {
  stopEngine = await startEngine();
  await compose(FILE, 'down', '--volumes');
  await up();
}, 240_000);
afterAll(async () => {
  await compose(FILE, 'down', '--volumes');
  await stopEngine();
}, 120_000);

describe('docker/compose.yaml', () => {
  it('stores a slice and gives it byte for byte, with its viewer, and is healthy', async () => {
    all.push(await store(url, 256));
    await Promise.all(all.map((made) => seen(url, made)));
    const viewer = await fetch(`${url}/`, { headers: { Accept: 'text/html' } });
    expect([viewer.status, await viewer.text()]).toEqual([200, expect.stringContaining('OHIF')]);
    await until(
      'the health check',
      async () => (await podman('inspect', '--format', '{{.State.Health.Status}}', NAME)) === 'healthy',
      PATIENCE,
    );
  });

  it('runs as nobody of importance: no capability, no way to get one, and nothing to write to but its volume and /tmp', async () => {
    expect((await exec('id', '-u')).stdout.trim()).toBe('1000');
    for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapInh'])
      expect([set, await statusLine(set)]).toEqual([set, '0000000000000000']);
    expect(await statusLine('NoNewPrivs')).toBe('1');
    for (const file of ['/app/dist/x', '/app/x', '/etc/x', '/home/node/x', '/usr/local/bin/x']) {
      const { code, stderr } = await exec('touch', file);
      expect([file, code, stderr]).toEqual([file, 1, expect.stringMatching(/Read-only file system|Permission denied/)]);
    }
    // Root could not, either.
    const asRoot = await tryPodman('exec', '--user', '0', NAME, 'touch', '/app/x');
    expect([asRoot.code, asRoot.stderr]).toEqual([1, expect.stringContaining('Read-only file system')]);
    for (const file of ['/tmp/x', '/data/x']) expect([file, (await exec('touch', file)).code]).toEqual([file, 0]);
    await exec('rm', '/data/x');
  });

  it('ends with 0 on SIGTERM within its grace, and loses nothing that it has acknowledged', async () => {
    const slices = Array.from({ length: 12 }, () => newSlice(256));
    const answers = slices.map(async (made) => {
      const status = await stowSingle(url, made.file).then(
        (answer) => answer.status,
        () => undefined,
      );
      if (status === 200) all.push(made);
      return status;
    });
    await Promise.race(answers);
    await compose(FILE, 'stop');
    expect(await exitCodeOf(NAME)).toBe(0);
    expect((await Promise.all(answers)).filter((status) => status === 200).length).toBeGreaterThan(0);
    await up();
    await Promise.all(all.map((made) => seen(url, made)));
  });

  it('comes back with everything after a kill', async () => {
    all.push(await store(url));
    await podman('kill', NAME);
    expect(await exitCodeOf(NAME)).toBe(137);
    await up();
    await Promise.all(all.map((made) => seen(url, made)));
  });

  // There is no image of an earlier release to run: the volume is made what release 0.1.0 would have left.
  it('comes up with a volume of release 0.1.0: once it is closed to others, the catalogue is made again, and everything is there', async () => {
    await compose(FILE, 'down');
    const data = await volumeFolder(VOLUME);
    asEarlierRelease(path.join(data, 'catalog.sqlite'));
    chmodSync(data, 0o755);
    await compose(FILE, 'up', '--detach', '--no-build');
    await until(
      'the server to refuse the open volume',
      async () => (await logsOf(NAME)).includes('Run: chmod -R go= /data'),
      PATIENCE,
    );
    await compose(FILE, 'stop');
    await compose(FILE, 'run', '--rm', '--no-deps', 'dicom-ledger', 'chmod', '-R', 'go=', '/data');
    await up();
    expect(await logsOf(NAME)).toContain('The catalogue was made by another release');
    await Promise.all(all.map((made) => seen(url, made)));
    all.push(await store(url));
    await Promise.all(all.map((made) => seen(url, made)));
  });
});

describe('docker/compose.besu.yaml', () => {
  it("is understood by Docker's compose", async () => {
    expect(await compose('compose.besu.yaml', 'config', '--services')).toContain('node-4');
  });
});
