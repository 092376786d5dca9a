// What headers that inflate to 120 MiB cost an honest site: a member announces them, six and 2,500 times by the same bytes and sixteen
// times with right keys, then sixteen that are within the bounds and slow, and meanwhile the site is asked for /healthz every 20 ms, and
// stores.
// usage: npm run bench:trust -- [--on own,embedded,geth] [--poisons 2500] [--out bench/reports]       (needs geth for geth)
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { RunningServer } from '../../conformance/testing/server.js';
import { untilNothingWaits } from '../../conformance/trust/testing/admin-answers.js';
import { startEmbedded, startThreeGeths } from '../../conformance/trust/testing/attacked-chains.js';
import { insideStoppedSite } from '../../conformance/trust/testing/inside-stopped-site.js';
import {
  poisonTransactions,
  prepareBombs,
  preparePoison,
  prepareSlowHeaders,
} from '../../conformance/trust/testing/poison.js';
import { openTrustBed, type StartChain, type TrustBed } from '../../conformance/trust/testing/trust-bed.js';
import { REPORTS_FOLDER } from '../folders.js';
import { newObject, stow } from '../growth/measure.js';
import { commit, load, machine } from '../machine.js';
import { markdownTable, row } from '../markdown-table.js';
import { residentMB, startBenchServer } from '../start-bench-server.js';
import { median, quantile, round } from '../statistics.js';
import { startProbe } from './probe.js';

const { values: args } = parseArgs({
  options: {
    on: { type: 'string', default: 'own,embedded,geth' },
    poisons: { type: 'string', default: '2500' },
    out: { type: 'string', default: REPORTS_FOLDER },
  },
});
const CALM_STORES = 20;
const SLOW = '16 of 2 MiB of small items, within the bounds, with right keys';
const poisons = Number(args.poisons);
const before = machine();

/** Stores one small object after another until `isOver`, at least one; gives milliseconds from request to answer. */
async function storeUntil({ url }: RunningServer, isOver: () => boolean): Promise<number[]> {
  const milliseconds: number[] = [];
  do {
    const begun = performance.now();
    await stow(url, newObject({ rows: 32, columns: 32 }));
    milliseconds.push(performance.now() - begun);
  } while (!isOver());
  return milliseconds;
}

/** One row: what a server answers from the beginning of the attack until it has read all of it. */
async function measure(name: string, server: RunningServer, attack: () => Promise<unknown>): Promise<string> {
  const begun = performance.now();
  const probe = startProbe(server.url);
  let isOver = false;
  const storing = storeUntil(server, () => isOver);
  try {
    await attack();
    await untilNothingWaits(server.url);
  } finally {
    isOver = true;
  }
  const stores = await storing;
  const answers = await probe.stop();
  const seconds = (performance.now() - begun) / 1000;
  const figures = [median(answers), quantile(answers, 0.99), Math.max(...answers), median(stores), Math.max(...stores)];
  const line = row(name, ...figures.map(round), residentMB(server).peakMB, round(seconds));
  console.error(line);
  return line;
}

const calm = (server: RunningServer): Promise<string> =>
  measure('none', server, () => {
    let stored = 0;
    return storeUntil(server, () => ++stored >= CALM_STORES);
  });

/** Starts a server that finds the attack, and measures it from then on. */
async function measureStart(name: string, start: () => Promise<RunningServer>): Promise<string> {
  const begun = performance.now();
  const server = await start();
  const startSeconds = round((performance.now() - begun) / 1000);
  return measure(`${name}, found at a start of ${startSeconds} s`, server, async () => undefined);
}

async function rowsOn(bed: TrustBed): Promise<string[]> {
  const { mallory } = bed;
  const [site] = bed.sites;
  const rows = [await calm(site.server)];
  const poison = await preparePoison(mallory);
  const attack = async (name: string, transactions: Parameters<typeof mallory.sendTransactions>[0]): Promise<void> => {
    rows.push(await measure(name, site.server, () => mallory.sendTransactions(transactions)));
  };
  await attack('6 of the same bytes, in one transaction', await poisonTransactions(poison, 6));
  await attack('16 with right keys, in one transaction', [await prepareBombs(mallory, 16)]);
  await attack(`${SLOW}, in one transaction`, [await prepareSlowHeaders(mallory, 16)]);
  await attack(`${poisons} of the same bytes`, await poisonTransactions(poison, poisons));
  const more = await prepareBombs(mallory, 16);
  await site.server.kill9();
  await mallory.sendTransactions([more]);
  const restarted = async (): Promise<RunningServer> => {
    await site.start();
    return site.server;
  };
  rows.push(await measureStart('16 with right keys', restarted));
  return rows;
}

/** With the chain in the server's own process: others' announcements are put there while it does not run. */
async function rowsOfOneProcess(): Promise<string[]> {
  const dataFolder = mkdtempSync(path.join(tmpdir(), 'dicom-ledger-bench-'));
  let server = await startBenchServer({ dataFolder });
  try {
    const rows = [await calm(server)];
    await server.stop();
    await insideStoppedSite(dataFolder, async (mallory) => {
      await mallory.sendTransactions([await prepareBombs(mallory, 16)]);
      await mallory.sendTransactions(await poisonTransactions(await preparePoison(mallory), poisons));
    });
    const start = async (): Promise<RunningServer> => (server = await startBenchServer({ dataFolder }));
    rows.push(await measureStart(`16 with right keys and ${poisons} of the same bytes`, start));
    await server.stop();
    await insideStoppedSite(dataFolder, async (mallory) =>
      mallory.sendTransactions([await prepareSlowHeaders(mallory, 16)]),
    );
    rows.push(await measureStart(SLOW, start));
    return rows;
  } finally {
    await server.stop();
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

async function rowsOnChain(startChain: StartChain): Promise<string[]> {
  const bed = await openTrustBed(startChain);
  try {
    return await rowsOn(bed);
  } finally {
    await bed.close();
  }
}

const HEAD = [
  'announcements',
  '/healthz, ms: median',
  '99 of 100',
  'most',
  'store, ms: median',
  'most',
  'RSS, MB',
  's',
];
const BEDS: Record<string, { title: string; rows: () => Promise<string[]> }> = {
  own: { title: 'A chain in the server’s own process', rows: rowsOfOneProcess },
  embedded: { title: 'Three sites on an embedded chain of another process', rows: () => rowsOnChain(startEmbedded) },
  geth: { title: 'Three sites on three geth nodes', rows: () => rowsOnChain(startThreeGeths) },
};

const parts: string[] = [];
for (const on of args.on.split(',')) {
  const bed = BEDS[on];
  if (bed === undefined) throw new Error(`--on ${on} is none of ${Object.keys(BEDS).join(', ')}.`);
  parts.push(`## ${bed.title}\n\n${markdownTable(HEAD, await bed.rows())}\n`);
}
const report = `# What poisoned announcements cost an honest site

\`npm run bench:trust\`. One admitted member announces headers of 122 KB that inflate to 120 MiB to three sites, and such as are within the
bounds and yet take most of a second each. The first site is asked for
\`/healthz\` every 20 ms, answered or not, and stores small objects one after another, until it has read all announcements. The goal is 200 ms
for 99 of 100, and 600 MB (of 2²⁰ bytes, the most since the server's start) with the limits of \`npm start\`. Servers, chain and this program share
the machine.

${parts.join('\n')}
${new Date().toISOString().slice(0, 10)}, commit ${commit()}, ${before.cpu}, ${before.cores} cores, Node ${before.node}; load before ${before.load.join(' ')}, after ${load().join(' ')}.
`;
mkdirSync(args.out, { recursive: true });
writeFileSync(path.join(args.out, 'trust.md'), report);
console.log(report);
