import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SERVER_MEMORY } from '../../src/network/open-server.js';
import { get, stow } from '../testing/dicomweb-client.js';
import { type RunningServer, startServer } from '../testing/server.js';
import { untilNothingWaits } from './testing/admin-answers.js';
import { caseStudy, expectedStudy, RIGHT } from './testing/case-study.js';
import { insideStoppedSite } from './testing/inside-stopped-site.js';
import { poisonTransactions, prepareBombs, preparePoison } from './testing/poison.js';
import { seenStudy, type SeenStudy } from './testing/seen-study.js';

const MAX_RSS_BYTES = 600 * 2 ** 20;

describe('A server with the chain in its own process, as npm start runs it', () => {
  const dataFolder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-one-process-'));
  const start = (): Promise<RunningServer> =>
    startServer({ dataFolder, env: SERVER_MEMORY.environment, nodeOptions: SERVER_MEMORY.options });
  const honest = caseStudy(RIGHT);
  let server: RunningServer;
  let right: SeenStudy;
  beforeAll(async () => {
    server = await start();
    const files = honest.files.map(({ file }) => file);
    expect((await stow(server.url, files)).status).toBe(200);
    await server.stop();
    await insideStoppedSite(dataFolder, async (mallory) => {
      right = await expectedStudy(mallory, honest);
      const bombs = await prepareBombs(mallory, 16);
      await mallory.sendTransactions([bombs]);
      await mallory.sendTransactions(await poisonTransactions(await preparePoison(mallory), 100));
    });
  }, 300_000);
  afterAll(async () => {
    await server.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  });

  it.each(['', ' again'])('comes up%s though other members have announced what inflates to 120 MiB', async () => {
    server = await start();
    expect((await stow(server.url, [caseStudy(RIGHT, { instances: 1 }).files[0]!.file])).status).toBe(200);
    await untilNothingWaits(server.url);
    expect(await seenStudy(server.url, honest.study)).toEqual(right);
    expect((await get(`${server.url}/healthz`)).status).toBe(200);
    expect(server.rss().peakBytes).toBeLessThan(MAX_RSS_BYTES);
    await server.stop();
  });
});
