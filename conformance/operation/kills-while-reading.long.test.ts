import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../src/base/testing/until.js';
import { bytesOf, get, instancePath, sha256, storedSingle, stowSingle } from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';

/** `KILLS=200 KILLS_SEED=…` for a long run. */
const KILLS = Number(process.env['KILLS'] ?? 3);
const READERS = 13;
const WRITERS = 3;

const dataFolder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-kills-'));
const [study, series] = [newUid(), newUid()];

interface Stored {
  url: string;
  digest: string;
  frameDigest: string;
}

function makeSlice(number: number): Stored & { file: Buffer } {
  const instance = newUid();
  const size = 100 + (number % 7) * 50;
  const file = ctSlice(
    {
      ...{ StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUID: instance },
      InstanceNumber: String(number + 1),
    },
    { size },
  );
  file.writeUInt32LE(number, file.length - 4);
  return {
    file,
    url: instancePath({ study, series, instance }),
    digest: sha256(file),
    frameDigest: sha256(file.subarray(-2 * size * size)),
  };
}

describe('A server that is killed while 16 clients read and store', () => {
  const acknowledged: Stored[] = [];
  const wrong: string[] = [];
  let server: RunningServer;
  let made = 0;
  let reads = 0;
  afterAll(async () => {
    await server.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  });

  /** Notes what is given whole and is not what was stored. What is cut off by the kill is no answer. */
  async function read({ url, digest, frameDigest }: Stored, what: 'instance' | 'frame'): Promise<void> {
    const at = what === 'frame' ? `${url}/frames/1` : url;
    const accept = what === 'frame' ? 'application/octet-stream; transfer-syntax=*' : storedSingle;
    const response = await get(`${server.url}${at}`, accept).catch(() => undefined);
    if (response === undefined) return;
    const bytes = await bytesOf(response).catch(() => undefined);
    if (bytes === undefined) return;
    reads++;
    const expected = what === 'frame' ? frameDigest : digest;
    if (response.status !== 200 || sha256(bytes) !== expected) wrong.push(`${at}: HTTP ${response.status}`);
  }

  async function store(): Promise<void> {
    const { file, ...stored } = makeSlice(made++);
    const response = await stowSingle(server.url, file).catch(() => undefined);
    if (response?.status === 200) acknowledged.push(stored);
    await response?.arrayBuffer().catch(() => undefined);
  }

  it(
    'loses nothing and gives no wrong byte, from its cache neither',
    async () => {
      for (let kill = 0; kill < KILLS; kill++) {
        server = await startServer({ dataFolder, env: { CACHE_BYTES: '4000000' } });
        for (const stored of acknowledged) await read(stored, 'instance');
        expect(wrong).toEqual([]);
        const readsBefore = reads;
        const storedBefore = acknowledged.length;
        let isOver = false;
        const clients = [
          ...Array.from({ length: WRITERS }, async () => {
            while (!isOver) await store();
          }),
          ...Array.from({ length: READERS }, async (_, client) => {
            for (let turn = client; !isOver; turn++) {
              const stored = acknowledged[(turn * 31) % Math.max(1, acknowledged.length)];
              if (stored) await read(stored, turn % 2 === 0 ? 'frame' : 'instance');
              else await delay(1);
            }
          }),
        ];
        await until('reads and stores', async () => reads > readsBefore + 50 && acknowledged.length > storedBefore + 3);
        await delay(Math.random() * 200);
        await server.kill9();
        isOver = true;
        await Promise.all(clients);
        expect(wrong).toEqual([]);
        // Otherwise the last round would take an hour of a long run.
        acknowledged.splice(0, Math.max(0, acknowledged.length - 120));
      }
      server = await startServer({ dataFolder, env: { CACHE_BYTES: '4000000' } });
      for (const stored of acknowledged) for (const what of ['instance', 'frame'] as const) await read(stored, what);
      expect(wrong).toEqual([]);
      expect(readdirSync(path.join(dataFolder, 'cache')).length).toBeGreaterThan(0);
      expect(reads).toBeGreaterThan(50 * KILLS);
    },
    Math.max(240_000, KILLS * 30_000),
  );
});
