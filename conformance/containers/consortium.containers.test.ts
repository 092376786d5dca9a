import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../../src/base/testing/until.js';
import { PATIENCE, compose, exitCodeOf, podman, startEngine } from './testing/engine.js';
import { ready, seen, store, type Made } from './testing/site-in-container.js';

const FILE = 'compose.consortium.yaml';
const PROJECT = 'dicom-ledger-consortium';
const container = (service: string): string => `${PROJECT}-${service}-1`;
const urls = [8081, 8082, 8083].map((port) => `http://127.0.0.1:${port}`) as [string, string, string];
const allReady = () => Promise.all(urls.map((url, i) => ready(url, `${PROJECT}_site-${i + 1}`)));
const all: Made[] = [];

/** Stores at one, and sees it at each of `at`. */
async function storeAndSee(url: string, at: readonly string[] = urls): Promise<void> {
  const made = await store(url);
  all.push(made);
  await Promise.all(at.map((other) => seen(other, made)));
}

let stopEngine: () => Promise<void>;
beforeAll(async () => {
  stopEngine = await startEngine();
  await compose(FILE, 'down', '--volumes');
  await compose(FILE, 'up', '--detach', '--no-build');
  await allReady();
}, 400_000);
afterAll(async () => {
  await compose(FILE, 'down', '--volumes');
  await stopEngine();
}, 120_000);

describe('docker/compose.consortium.yaml', () => {
  it('has at every site what one has stored: found, with its preview, byte for byte', async () => {
    for (const url of urls) await storeAndSee(url);
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
      const answer = await fetch(`http://${host}:8545`, {
        method: 'POST',
        headers,
        body,
        signal: AbortSignal.timeout(5_000),
      });
      return Number(((await answer.json()) as { result: string }).result);
    };
    await podman('network', 'disconnect', network, node);
    await expect(head('172.30.4.12')).rejects.toThrow();
    // Its site has the other nodes.
    await storeAndSee(urls[1]);
    const missed = await head('172.30.4.11');
    await podman('network', 'connect', '--ip', '172.30.4.12', network, node);
    await until('the node to catch up', async () => (await head('172.30.4.12')) >= missed, PATIENCE);
    await storeAndSee(urls[1]);
  });

  it('has everything after all of it was stopped and started: each ends with 0 on SIGTERM', async () => {
    const services = ['site-1', 'site-2', 'site-3', 'node-1', 'node-2', 'node-3'];
    await compose(FILE, 'stop');
    expect(await Promise.all(services.map((service) => exitCodeOf(container(service))))).toEqual(services.map(() => 0));
    await compose(FILE, 'up', '--detach', '--no-build');
    await allReady();
    for (const url of urls) await Promise.all(all.map((made) => seen(url, made)));
    await storeAndSee(urls[0]);
  });
});
