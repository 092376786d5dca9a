import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { startPostgres, type PostgresServer } from '../../src/catalog/testing/postgres-server.js';
import { runCommand } from '../testing/command-line.js';
import { stowSingle } from '../testing/dicomweb-client.js';
import { startServer } from '../testing/server.js';
import { PATIENCE, compose, exitCodeOf, logsOf, podman, startEngine, volumeFolder } from './testing/engine.js';
import { HARDENED, makeSecrets, type Secrets } from './testing/hardened.js';
import { newSlice, ready, seen, store, type Made } from './testing/site-in-container.js';

const FILE = 'compose.consortium.yaml';
const PROJECT = 'dicom-ledger-consortium';
const container = (service: string): string => `${PROJECT}-${service}-1`;
const urls = [8081, 8082, 8083].map((port) => `http://127.0.0.1:${port}`) as [string, string, string];
const nodes = [11, 12, 13].map((i) => `172.30.4.${i}`) as [string, string, string];
const rpcOf = (node: string): string => `http://${node}:8545`;
const allReady = () => Promise.all(urls.map((url, i) => ready(url, `${PROJECT}_site-${i + 1}`)));
const all: Made[] = [];

/** Stores at one, and sees it at each of `at`. */
async function storeAndSee(url: string, at: readonly string[] = urls): Promise<void> {
  const made = await store(url);
  all.push(made);
  await Promise.all(at.map((other) => seen(other, made)));
}

const contract = async (): Promise<string> =>
  readFileSync(path.join(await volumeFolder(`${PROJECT}_consortium`), 'contract'), 'utf8').trim();
/** What the third node's contract says of the sites: a line for each. */
const sites = async (): Promise<string> =>
  (await runCommand(['site', 'list', '--url', rpcOf(nodes[2]), '--contract', await contract()])).stdout;
const statusOf = (service: string): Promise<string> =>
  podman('exec', container(service), 'node', 'dist/cli/main.js', 'network', 'status', '--data', '/node');

let stopEngine: () => Promise<void>;
beforeAll(async () => {
  stopEngine = await startEngine();
  await compose(FILE, 'down', '--volumes');
  await compose(FILE, 'up', '--detach', '--no-build');
  await allReady();
  const shared = path.join(await volumeFolder(`${PROJECT}_consortium`), 'shared');
  await until('the sites to share', async () => existsSync(shared), PATIENCE);
}, 800_000);
afterAll(async () => {
  await compose(FILE, 'down', '--volumes');
  await stopEngine();
}, 120_000);

describe('docker/compose.consortium.yaml', () => {
  it('has made three signers, and sites that are admitted', async () => {
    await until(
      'three signers',
      async () => (await statusOf('node-3')).match(/^(signers| {7}) +0x[0-9a-f]{40}\b/gm)?.length === 3,
      PATIENCE,
    );
    expect(await statusOf('node-3')).toContain(`contract ${await contract()}`);
    expect((await sites()).match(/^\d\tsite-\d\tadmitted\t.*\bwriter 0x[0-9a-f]{40}\b/gm)).toHaveLength(3);
  });

  it('has at every site what one has stored: found, with its preview, byte for byte', async () => {
    for (const url of urls) await storeAndSee(url);
  });

  it('takes an archive over that began on an embedded chain', async () => {
    const embedded = await startServer();
    const moved = Array.from({ length: 3 }, () => newSlice());
    for (const { file } of moved) expect((await stowSingle(embedded.url, file)).status).toBe(200);
    const copy = ['copy', '--from', embedded.url, '--to', urls[0]];
    const { code, stdout } = await runCommand(copy, {}, { timeoutMs: PATIENCE.timeoutMs });
    await embedded.stop();
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^3 stored, 0 already there, 0 refused;/m)]);
    await Promise.all(moved.map((made) => seen(urls[1], made)));
    all.push(...moved);
  });

  it('goes on while a server and a node are dead, and has all at both again when they are back', async () => {
    await podman('kill', container('site-3'), container('node-3'));
    await Promise.all(['site-3', 'node-3'].map((service) => exitCodeOf(container(service))));
    await storeAndSee(urls[0], urls.slice(0, 2));
    await storeAndSee(urls[1], urls.slice(0, 2));
    await podman('start', container('node-3'), container('site-3'));
    await ready(urls[2], `${PROJECT}_site-3`);
    await Promise.all(all.map((made) => seen(urls[2], made)));
    await storeAndSee(urls[2]);
  });

  it('takes a node in again that was cut off its network', async () => {
    const [network, node] = [`${PROJECT}_chain`, container('node-2')];
    const head = async (host: string): Promise<number> => {
      const body = '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}';
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(rpcOf(host), {
        method: 'POST',
        headers,
        body,
        signal: AbortSignal.timeout(5_000),
      });
      return Number(((await answer.json()) as { result: string }).result);
    };
    // A node that is back and still asks for what it has missed would wait a minute for one that is cut off just then.
    const reached = await head(nodes[0]);
    await until('the third node to have caught up', async () => (await head(nodes[2])) >= reached, PATIENCE);
    await podman('network', 'disconnect', network, node);
    await expect(head(nodes[1])).rejects.toThrow();
    // Its site has the other nodes.
    await storeAndSee(urls[1]);
    const missed = await head(nodes[0]);
    await podman('network', 'connect', '--ip', nodes[1], network, node);
    await until('the node to catch up', async () => (await head(nodes[1])) >= missed, PATIENCE);
    await storeAndSee(urls[1]);
  });

  it('has everything after all of it was stopped and started: each ends with 0 on SIGTERM, and nothing is made twice', async () => {
    const before = await sites();
    const services = ['site-1', 'site-2', 'site-3', 'node-1', 'node-2', 'node-3'];
    await compose(FILE, 'stop');
    expect(await Promise.all(services.map((service) => exitCodeOf(container(service))))).toEqual(services.map(() => 0));
    await compose(FILE, 'up', '--detach', '--no-build');
    await allReady();
    expect(await sites()).toBe(before);
    for (const url of urls) await Promise.all(all.map((made) => seen(url, made)));
    await storeAndSee(urls[0]);
  });
});

describe('A site of it whose passwords are secrets', () => {
  const NAME = `${PROJECT}-secrets`;
  const folder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-secrets-'));
  const password = 'correct horse battery staple';
  let postgres: PostgresServer;
  let secrets: Secrets | undefined;
  beforeAll(async () => {
    postgres = await startPostgres();
  });
  afterAll(async () => {
    await podman('rm', '--force', '--time', '60', '--ignore', NAME);
    await secrets?.remove();
    await postgres.close();
    rmSync(folder, { recursive: true, force: true });
  }, 120_000);

  it('reads them as files: that of its key, and that of its catalogue in PostgreSQL', async () => {
    await compose(FILE, 'stop', 'site-3');
    const [passwordFile, catalogFile] = ['site', 'catalog'].map((name) => path.join(folder, name)) as [string, string];
    const inVolume = path.join(await volumeFolder(`${PROJECT}_site-3`), 'site.password');
    cpSync(inVolume, passwordFile);
    rmSync(inVolume);
    writeFileSync(catalogFile, `${password}\n`);
    secrets = await makeSecrets(NAME, { 'site.password': passwordFile, 'catalog.password': catalogFile });
    const settings = {
      HOST: '127.0.0.1',
      PORT: '8083',
      LEDGER_URL: [nodes[2], nodes[0]].map(rpcOf).join(','),
      LEDGER_CONTRACT: await contract(),
      KEY_PASSPHRASE_FILE: '/data/keys.passphrase',
      SHARE: '1,2',
      SITE_KEYSTORE_FILE: '/data/site.json',
      SITE_PASSWORD_FILE: '/run/secrets/site.password',
      CATALOG_URL: await postgres.createKeyedDatabase(password),
      CATALOG_PASSWORD_FILE: '/run/secrets/catalog.password',
    };
    await podman(
      ...['run', '--detach', '--name', NAME, '--network', 'host', ...HARDENED, ...secrets.options()],
      ...['--volume', `${PROJECT}_site-3:/data`],
      ...Object.entries(settings).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      'localhost/dicom-ledger',
    );
    await ready(urls[2], `${PROJECT}_site-3`);
    await Promise.all(all.map((made) => seen(urls[2], made)));
    await storeAndSee(urls[2]);
    const shown = `${await podman('inspect', NAME)}${await logsOf(NAME)}`;
    for (const secret of [password, readFileSync(passwordFile, 'utf8').trim()]) expect(shown).not.toContain(secret);
  });
});
