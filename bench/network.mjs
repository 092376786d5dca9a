// A consortium of three sites on this machine: how fast it stores, how soon another site shows a thumbnail, how fast it catches up.
// usage: node bench/network.mjs <folder of images> [sites]     (needs a build and geth; prints its figures as JSON, exit code 1 on any fault)
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { startNetwork } from '../dist/network/start-network.js';
import { median } from './server.mjs';

const [folder, sites = '3'] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node bench/network.mjs <folder of images> [sites]');
const binary = execFileSync(process.execPath, ['scripts/build-geth.mjs'], { encoding: 'utf8' }).trim();
const cli = path.resolve(import.meta.dirname, '../dist/cli/main.js');
const root = mkdtempSync(path.join(tmpdir(), 'ledger-bench-'));
const periodSeconds = 1;
const firstViews = 30;
const faults = [];
const network = await startNetwork({ sites: Number(sites), folder: root, binary, periodSeconds });
try {
  const [a, b] = network.sites;
  const last = network.sites.at(-1);
  const figures = { sites: network.sites.length, periodSeconds };
  figures.storeToThumbnailElsewhere = await firstView(a.server.url, b.server.url);

  const nodeBytesBefore = diskBytes(a.node.folder);
  const storing = run('store', folder, '--url', a.server.url);
  await until(async () => (await sealedCount(b.server.url)) >= firstViews + 30);
  await last.node.stop('SIGKILL');
  figures.store = (await storing).lines.at(-1);
  figures.nodeDiskMB = Math.round((diskBytes(a.node.folder) - nodeBytesBefore) / 1e6);
  for (const site of [a, b]) await verify(site);

  const missed = await head(a.node.rpc);
  let begun = performance.now();
  await last.node.start();
  await until(async () => (await head(last.node.rpc)) >= missed);
  figures.nodeCaughtUpSeconds = seconds(begun);
  await verify(last);

  // A site that has lost all but its key: its catalogue comes from block 0.
  await last.server.stop();
  rmSync(path.join(last.server.dataFolder, 'catalog.sqlite'), { force: true });
  rmSync(path.join(last.server.dataFolder, 'cache'), { recursive: true, force: true });
  begun = performance.now();
  await last.server.start();
  const all = await sealedCount(a.server.url);
  await until(async () => (await sealedCount(last.server.url)) === all);
  const catalogSeconds = seconds(begun);
  figures.catalogFromBlock0 = {
    images: all,
    seconds: catalogSeconds,
    imagesPerSecond: Math.round(all / catalogSeconds),
  };
  figures.rss = Object.fromEntries(
    network.sites.map(({ name, node, server }) => [name, { node: rss(node.pid), server: rss(server.pid) }]),
  );
  console.log(JSON.stringify({ ...figures, faults }, null, 2));
} finally {
  await network.stop();
  rmSync(root, { recursive: true, force: true });
}
process.exit(faults.length > 0 ? 1 : 0);

/** From the begin of a STOW at one site to its thumbnail at another, one image of about 0.5 MB at a time. */
async function firstView(from, at) {
  const times = [];
  for (let i = 0; i < firstViews; i++) {
    const image = await noise();
    // At any moment between two blocks: the answer to the last one came just after a block.
    await delay(Math.random() * periodSeconds * 1000);
    const begun = performance.now();
    const query = new URLSearchParams({ PatientID: `first-view-${i}`, fileName: 'noise.png' });
    const answered = fetch(`${from}/dicom-web/studies?${query}`, {
      method: 'POST',
      headers: { 'Content-Type': 'image/png' },
      body: image,
    });
    await until(async () => {
      const found = await fetch(`${at}/dicom-web/instances?PatientID=first-view-${i}`);
      if (found.status !== 200) return false;
      const [item] = await found.json();
      if (!item) return false;
      const [study, series, instance] = ['0020000D', '0020000E', '00080018'].map((tag) => item[tag].Value[0]);
      const thumbnail = await fetch(
        `${at}/dicom-web/studies/${study}/series/${series}/instances/${instance}/thumbnail`,
      );
      await thumbnail.arrayBuffer();
      return thumbnail.status === 200;
    }, 20);
    times.push(seconds(begun) / periodSeconds);
    if (!(await answered).ok) faults.push(`A store answered ${(await answered).status}.`);
  }
  const sorted = times.toSorted((x, y) => x - y);
  return {
    unit: 'block periods',
    count: firstViews,
    median: median(times),
    p95: sorted[Math.ceil(0.95 * firstViews) - 1],
  };
}

/** 410 × 410 of noise in colour: half a megabyte that no codec makes smaller. */
async function noise() {
  const size = 410;
  return sharp(randomBytes(size * size * 3), { raw: { width: size, height: size, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toBuffer();
}

async function verify(site) {
  const { code, lines } = await run('verify', '--all', '--url', site.server.url);
  console.error(`${site.name}: ${lines.at(-1)}`);
  if (code !== 0) faults.push(`verify --all at ${site.name}: ${lines.join(' ')}`);
}

async function sealedCount(url) {
  const answer = await fetch(`${url}/ledger/instances`).catch(() => undefined);
  return answer?.ok ? (await answer.text()).split('\n').length - 1 : -1;
}

async function head(rpc) {
  const body = '{"jsonrpc":"2.0","id":1,"method":"eth_blockNumber","params":[]}';
  const answer = await fetch(rpc, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  return Number((await answer.json()).result);
}

function run(...args) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.on('data', (bytes) => (text += bytes));
    child.once('close', (code) => resolve({ code, lines: text.trim().split('\n') }));
  });
}

function diskBytes(folder) {
  return Number(execFileSync('du', ['-sb', folder], { encoding: 'utf8' }).split('\t')[0]);
}

function rss(pid) {
  return `${Math.round(Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024)} MB`;
}

function seconds(begun) {
  return Math.round(performance.now() - begun) / 1000;
}

async function until(condition, pauseMs = 50) {
  while (!(await condition())) await delay(pauseMs);
}
