import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { until } from '../../src/base/testing/until.js';
import { type PostgresServer, startPostgres } from '../../src/catalog/testing/postgres-server.js';
import { deployContract } from '../../src/ledger/contract/deploy.js';
import { openEmbeddedChain } from '../../src/ledger/embedded/embedded-chain.js';
import { accountOf } from '../../src/ledger/keys/sign.js';
import { serveChain } from '../testing/chain-over-http.js';
import {
  bytesOf,
  type DataSet,
  get,
  instancePath,
  sha256,
  storedSingle,
  stowSingle,
} from '../testing/dicomweb-client.js';
import { ctSlice, newUid } from '../testing/make-dicom.js';
import { type RunningServer, startServer } from '../testing/server.js';

const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-servers-'));
const closers: (() => unknown)[] = [];
let postgres: PostgresServer;
let env: Record<string, string>;
/** Each server signs with an account of its own. */
const keys = { first: randomBytes(32), second: randomBytes(32) };
let [first, second]: RunningServer[] = [];

const envOf = (name: keyof typeof keys): Record<string, string> => ({ ...env, SITE_KEY: keys[name].toString('hex') });
const start = (name: keyof typeof keys): Promise<RunningServer> =>
  startServer({ env: envOf(name), dataFolder: path.join(folder, name) });

interface Image {
  ids: { study: string; series: string; instance: string };
  file: Buffer;
}
function newImage(): Image {
  const ids = { study: newUid(), series: newUid(), instance: newUid() };
  const { study, series, instance } = ids;
  return {
    ids,
    file: ctSlice({ StudyInstanceUID: study, SeriesInstanceUID: series, SOPInstanceUID: instance }),
  };
}
const store = async (server: RunningServer, { file }: Image): Promise<number> =>
  (await stowSingle(server.url, file)).status;

/** Whether a search finds it there, and its bytes are those that were stored. */
async function isAt({ url }: RunningServer, { ids, file }: Image): Promise<boolean> {
  const found = await get(`${url}/dicom-web/studies?StudyInstanceUID=${ids.study}`);
  if (found.status !== 200 || ((await found.json()) as DataSet[]).length !== 1) return false;
  const answer = await get(`${url}${instancePath(ids)}`, storedSingle);
  return sha256(await bytesOf(answer)) === sha256(file);
}
async function detailOf(response: Response): Promise<string> {
  return ((await response.json()) as { detail: string }).detail;
}

beforeAll(async () => {
  postgres = await startPostgres();
  closers.push(() => postgres.close());
  const [governorKey, consortiumKey] = [randomBytes(32), randomBytes(32)];
  const siteAccounts = Object.values(keys).map(accountOf);
  const chain = await openEmbeddedChain({
    folder: path.join(folder, 'chain'),
    periodMs: 0,
    genesisAccounts: [accountOf(governorKey), ...siteAccounts],
  });
  closers.push(() => chain.close());
  const contract = await deployContract(chain, {
    governorKey,
    siteName: 'Hospital',
    siteAccounts,
  });
  const node = await serveChain(chain);
  closers.push(() => node.close());
  const CONSORTIUM_KEY_FILE = path.join(folder, 'consortium.key');
  writeFileSync(CONSORTIUM_KEY_FILE, consortiumKey.toString('hex'), { mode: 0o600 });
  env = {
    ...{ LEDGER_URL: node.url, LEDGER_CONTRACT: contract, CONSORTIUM_KEY_FILE, DEIDENTIFIED_ONLY: 'off' },
    ...{ SEALED_DEPTH: '1', FINAL_DEPTH: '1', CATALOG_URL: await postgres.createDatabase() },
  };
});
afterAll(async () => {
  for (const server of [first, second]) await server?.kill9();
  for (const close of closers.reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
});

describe('Servers of one site with a catalogue on PostgreSQL', () => {
  const [one, two, three, four] = [newImage(), newImage(), newImage(), newImage()];

  it('stores, and has it after it was killed', async () => {
    first = await start('first');
    expect(await store(first, one)).toBe(200);
    expect(await isAt(first, one)).toBe(true);
    await first.kill9();
    first = await start('first');
    expect(await isAt(first, one)).toBe(true);
    expect(await store(first, two)).toBe(200);
  });

  it('answers 503 with a sentence while the database is away, and goes on when it is back', async () => {
    await postgres.stop();
    const search = await get(`${first!.url}/dicom-web/studies`);
    expect(search.status).toBe(503);
    expect(await detailOf(search)).toMatch(
      /^PostgreSQL at 127\.0\.0\.1:\d+\/\w+, which has the catalogue, does not answer/,
    );
    await until('/readyz to say so', async () => (await get(`${first!.url}/readyz`)).status === 503);
    await postgres.start();
    await until('the search to go on', async () => isAt(first!, two));
    await until('storing to go on', async () => (await store(first!, three)) === 200);
    expect(await isAt(first!, three)).toBe(true);
  });

  it('has a second server that reads, and stores when the first one has gone', async () => {
    second = await start('second');
    for (const image of [one, two, three]) expect(await isAt(second, image)).toBe(true);
    const refused = await stowSingle(second.url, four.file);
    expect(refused.status).toBe(503);
    expect(await detailOf(refused)).toMatch(/^Another server of this site follows the chain/);
    expect(await store(first!, four)).toBe(200);
    await until('the second to show it', async () => isAt(second!, four));

    const fifth = newImage();
    await first!.kill9();
    await until('the second to store', async () => (await store(second!, fifth)) === 200);
    expect(await isAt(second, fifth)).toBe(true);
    first = await start('first');
    expect(await isAt(first, fifth)).toBe(true);
    expect(await store(first, newImage())).toBe(503);
  });

  it('verifies, and rebuilds', async () => {
    // This process is the chain, and has to go on.
    const run = async (name: keyof typeof keys, ...words: string[]): Promise<string> => {
      const { stdout } = await promisify(execFile)(process.execPath, ['dist/cli/main.js', ...words], {
        env: {
          PATH: process.env['PATH'],
          ...envOf(name),
          MIN_FREE_BYTES: '0',
          DATA_DIR: path.join(folder, name),
          LOG_LEVEL: 'silent',
        },
      });
      return stdout;
    };
    expect(await run('second', 'verify', '--all', '--url', second!.url)).toMatch(/^5 instances, .*: all intact\.$/m);
    await first!.stop();
    await expect(run('first', 'rebuild')).rejects.toThrow(/A server writes the catalogue/);
    await second!.stop();
    expect(await run('second', 'rebuild')).toMatch(/ 5 studies, 5 series, 5 instances\./);
    second = await start('second');
    expect(await isAt(second, one)).toBe(true);
  });
});
