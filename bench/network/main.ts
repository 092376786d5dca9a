// A consortium of three sites on this machine: how fast it stores, how soon another site shows a thumbnail, how fast it catches up.
// usage: npm run bench:network -- <folder of images> [sites]     (needs geth; prints its figures as JSON, exit code 1 on any fault)
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../../src/base/testing/until.js';
import { findGeth } from '../../src/network/open-node.js';
import { startNetwork } from '../../src/network/start-network.js';
import { askNode } from '../ask-node.js';
import { lengthBytes } from '../disk-bytes.js';
import { runCommand } from '../run-command.js';
import { pidOf, type ServedSite, servedSites } from '../served-sites.js';
import { letInto } from '../../conformance/testing/let-in.js';
import { RELEASE, TAKES_NAMED } from '../../conformance/testing/network-under-test.js';
import { firstView } from './first-view.js';

const PERIOD_SECONDS = 1;
const FIRST_VIEWS = 30;
const WAIT_MS = 3_600_000;

const [folder, sites = '3'] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: npm run bench:network -- <folder of images> [sites]');
const binary = await findGeth();
const root = mkdtempSync(path.join(tmpdir(), 'ledger-bench-'));
const faults: string[] = [];
const network = await startNetwork({
  ...{ sites: Number(sites), folder: root, binary, periodSeconds: PERIOD_SECONDS },
  ...{ release: RELEASE, environment: TAKES_NAMED },
});
letInto(network);
try {
  const served = servedSites(network);
  const { first: a, last } = served;
  const b = served.sites[1] ?? a;
  const figures: Record<string, unknown> = {
    sites: network.sites.length,
    release: network.release,
    periodSeconds: PERIOD_SECONDS,
  };
  const viewing = {
    count: FIRST_VIEWS,
    periodSeconds: PERIOD_SECONDS,
    fault: (said: string) => void faults.push(said),
  };
  figures['storeToThumbnailElsewhere'] = await firstView(a, b, { ...viewing, killed: false });
  figures['theSameWithItsServerKilled'] = await firstView(a, b, { ...viewing, killed: true });

  const nodeBytesBefore = lengthBytes(a.node.folder);
  const storing = runCommand(['store', folder, '--url', a.server.url]);
  await untilSlowly('the first stores', async () => (await sealedCount(b.server.url)) >= FIRST_VIEWS + 30);
  await last.node.stop('SIGKILL');
  figures['store'] = (await storing).lines.at(-1);
  figures['nodeDiskMB'] = Math.round((lengthBytes(a.node.folder) - nodeBytesBefore) / 1e6);
  for (const site of [a, b]) await verify(site);

  const missed = await head(a.node.rpc);
  let begun = performance.now();
  await last.node.start();
  await untilSlowly('the node to catch up', async () => (await head(last.node.rpc)) >= missed);
  figures['nodeCaughtUpSeconds'] = seconds(begun);
  await verify(last);

  // A site that has lost all but its key: its catalogue comes from block 0.
  await last.server.stop();
  rmSync(path.join(last.server.dataFolder, 'catalog.sqlite'), { force: true });
  rmSync(path.join(last.server.dataFolder, 'cache'), { recursive: true, force: true });
  begun = performance.now();
  await last.server.start();
  const all = await sealedCount(a.server.url);
  await untilSlowly('the catalogue', async () => (await sealedCount(last.server.url)) === all);
  const catalogSeconds = seconds(begun);
  figures['catalogFromBlock0'] = {
    images: all,
    seconds: catalogSeconds,
    imagesPerSecond: Math.round(all / catalogSeconds),
  };
  figures['rss'] = Object.fromEntries(
    served.sites.map(({ name, node, server }) => [name, { node: rss(pidOf(node)), server: rss(pidOf(server)) }]),
  );
  console.log(JSON.stringify({ ...figures, faults }, null, 2));
} finally {
  await network.stop();
  rmSync(root, { recursive: true, force: true });
}
process.exit(faults.length > 0 ? 1 : 0);

async function verify(site: ServedSite): Promise<void> {
  const { code, lines } = await runCommand(['verify', '--all', '--url', site.server.url]);
  console.error(`${site.name}: ${lines.at(-1)}`);
  if (code !== 0) faults.push(`verify --all at ${site.name}: ${lines.join(' ')}`);
}

async function sealedCount(url: string): Promise<number> {
  const answer = await fetch(`${url}/ledger/instances`).catch(() => undefined);
  return answer?.ok ? (await answer.text()).split('\n').length - 1 : -1;
}

async function head(rpc: string): Promise<number> {
  return Number(await askNode<string>(rpc, 'eth_blockNumber'));
}

function rss(pid: number): string {
  return `${Math.round(Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' })) / 1024)} MB`;
}

function seconds(begun: number): number {
  return Math.round(performance.now() - begun) / 1000;
}

function untilSlowly(what: string, look: () => Promise<boolean>): Promise<true> {
  return until(what, look, { timeoutMs: WAIT_MS, pauseMs: 50 });
}
