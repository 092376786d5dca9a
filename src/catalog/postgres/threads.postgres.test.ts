import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Worker } from 'node:worker_threads';
import { silentLog } from '../../base/log.js';
import { until } from '../../base/testing/until.js';
import type { Catalog } from '../catalog.js';
import { type PostgresServer, startPostgres } from '../testing/postgres-server.js';
import { announced, block, full, query } from '../testing/records.js';
import { openPostgresCatalog } from './open-postgres-catalog.js';

let server: PostgresServer;
let catalog: Catalog;
let ends: number;
/** In the order in which they were started: connections, reading, writing. */
let workers: Worker[];
const onWorker = (message: unknown): void => void workers.push((message as { worker: Worker }).worker);

beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.close());

beforeEach(async () => {
  workers = [];
  ends = 0;
  subscribe('worker_threads', onWorker);
  catalog = await openPostgresCatalog({
    ...{ url: await server.createDatabase(), passwordFile: undefined, log: silentLog, readers: 1 },
    site: { siteId: 1, siteOrder: [], additions: [], retirementsPerHour: 100, settings: '' },
    siteName: (siteId) => `Site ${siteId}`,
    onThreadEnded: () => ends++,
  });
  await catalog.apply(block(0), [announced(full)]);
});
afterEach(async () => {
  unsubscribe('worker_threads', onWorker);
  await catalog.close();
});

const studies = async (): Promise<number> => (await catalog.seenBy('everything').search(query('study'))).matches.length;
/** As the follower does. */
const takesOver = (): Promise<true> => until('it to write again', async () => (await catalog.takeOver()) || undefined);
/** No thread knows such a message: it throws. */
const throwIn = async (worker: Worker | undefined): Promise<void> => {
  const before = ends;
  worker!.postMessage(null);
  await until('the thread to end', () => ends > before || undefined);
};

describe('the threads of a catalogue on PostgreSQL', () => {
  it('go on with new sessions when PostgreSQL has ended all', async () => {
    await server.run(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'dicom-ledger%'",
    );
    expect(await studies()).toBe(1);
    expect(catalog.projection.cursor()?.number).toBe(0n);
    await until('the loss to be seen', () => catalog.standby !== undefined || undefined);
    await takesOver();
    await catalog.apply(block(1), []);
    expect(catalog.projection.cursor()?.number).toBe(1n);
    expect(ends).toBe(0);
  });

  it('are replaced: one that reads', async () => {
    await throwIn(workers[1]);
    expect(await studies()).toBe(1);
    expect(ends).toBe(1);
  });

  it('are replaced: the one that writes, and who follows has to take over anew', async () => {
    await throwIn(workers[2]);
    expect(catalog.standby).toMatch(/^The thread that writes the catalogue has ended/);
    await expect(catalog.apply(block(1), [])).rejects.toMatchObject({ code: 'unavailable', retryable: true });
    await takesOver();
    expect(catalog.standby).toBeUndefined();
    await catalog.apply(block(1), []);
    expect(catalog.projection.cursor()?.number).toBe(1n);
  });

  it('are replaced: the one with the connections, with all that waited for it', async () => {
    await throwIn(workers[0]);
    await until('all to be replaced', () => workers.length === 6 || undefined);
    expect(catalog.projection.cursor()?.number).toBe(0n);
    expect(await studies()).toBe(1);
    await takesOver();
    await catalog.apply(block(1), []);
    expect(catalog.projection.cursor()?.number).toBe(1n);
  });

  it('answer what a thread was doing when it ended, and are not replaced again and again', async () => {
    for (let times = 0; times < 6; times++) await throwIn(workers.at(times === 0 ? 1 : -1));
    expect(ends).toBe(6);
    await expect(studies()).rejects.toMatchObject({ code: 'unavailable', retryable: true });
  });
});
