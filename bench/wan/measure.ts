import { randomFillSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../src/base/testing/until.js';
import { part10Head } from '../part10-head.js';
import { median, quantile, round } from '../statistics.js';
import { SERVER_URL, type WanSite } from './wan-site.js';

export interface WanFigures {
  /** Seconds from the begin of a STOW of 0.5 MB to its answer, sealed at depth 2. */
  storeSeconds: { median: number; p95: number };
  /** Seconds from the begin of that STOW to the thumbnail at another site. */
  firstViewSeconds: { median: number; p95: number };
  /** MB a second of 0.5 MB instances, stored at one site and at all. */
  oneSiteMBs: number;
  allSitesMBs: number;
  /** A node is killed while others store; seconds from its start until it has their blocks, and MB that it was behind. */
  catchUp: { seconds: number; MB: number };
  /** A line is cut while its site stores; seconds from its repair until every store is answered and seen at another site. */
  afterCutSeconds: number;
  /** Stores that were answered with anything but 200: the client knows, and sends again. */
  refused: { count: number; why: string[] };
  /** Whether every site had something else at the end than what was answered with 200, whole. */
  lost: boolean;
}

export interface Amounts {
  /** Single stores. */
  stores: number;
  /** Instances of a run for throughput, at each site. */
  instances: number;
  /** How long a line is cut. */
  cutSeconds: number;
}

const SIDE = 512;
const INSTANCE_MB = (2 * SIDE * SIDE) / 1e6;
const IN_FLIGHT = 8;
const WAIT = { timeoutMs: 900_000, pauseMs: 25 };

export interface Cutting {
  cut: (site: WanSite) => Promise<void>;
  heal: (site: WanSite) => Promise<void>;
  say: (sentence: string) => void;
}

export async function measure(
  sites: readonly WanSite[],
  amounts: Amounts,
  { cut, heal, say }: Cutting,
): Promise<WanFigures> {
  const [first, second] = sites as [WanSite, WanSite];
  const last = sites.at(-1)!;
  const stored: string[] = [];
  const refused = new Map<string, number>();
  const storeAt = async (site: WanSite, study = newStudy()): Promise<void> => {
    const refusal = await stow(site, study);
    if (refusal === undefined) stored.push(study);
    else refused.set(refusal, (refused.get(refusal) ?? 0) + 1);
  };
  const storeMany = (site: WanSite): Promise<void[]> => {
    let left = amounts.instances;
    return Promise.all(
      Array.from({ length: IN_FLIGHT }, async () => {
        while (left-- > 0) await storeAt(site);
      }),
    );
  };

  say('single stores');
  const storeSeconds: number[] = [];
  const firstViewSeconds: number[] = [];
  for (let i = 0; i < amounts.stores; i++) {
    // At any moment between two blocks.
    await sleep(Math.random() * 1_000);
    const begun = performance.now();
    const study = newStudy();
    const seen = until('the thumbnail', () => hasThumbnail(second, study), WAIT).then(() => since(begun));
    await storeAt(first, study);
    storeSeconds.push(since(begun));
    firstViewSeconds.push(await seen);
  }

  say('many at one site');
  const oneSiteSeconds = await timed(() => storeMany(first));
  say('many at all sites');
  const allSitesSeconds = await timed(() => Promise.all(sites.map(storeMany)));

  say('a node is killed and catches up');
  await last.killNode();
  await storeMany(first);
  const head = await blockNumber(first);
  const catchUpSeconds = await timed(async () => {
    await last.startNode();
    await until('the killed node to catch up', async () => (await blockNumber(last)) >= head, WAIT);
  });

  say('a line is cut');
  const storing = storeMany(last);
  await cut(last);
  await sleep(1_000 * amounts.cutSeconds);
  await heal(last);
  const afterCutSeconds = await timed(async () => {
    await storing;
    await until('all of it at another site', async () => (await studyCount(first)) >= stored.length, WAIT);
  });

  say('everything is read again');
  for (const site of sites) await until('all of it', async () => (await studyCount(site)) >= stored.length, WAIT);
  const verified = await Promise.all(sites.map((site) => site.run(['verify', '--all', '--url', SERVER_URL])));
  const asItShouldBe = new RegExp(`^${stored.length} instances, .*all intact`, 'm');
  const whole = verified.every((words) => asItShouldBe.test(words));
  if (!whole) say(verified.join('\n'));

  const times = (seconds: number[]) => ({ median: round(median(seconds)), p95: round(quantile(seconds, 0.95)) });
  const rate = (instances: number, seconds: number): number => round((instances * INSTANCE_MB) / seconds);
  return {
    storeSeconds: times(storeSeconds),
    firstViewSeconds: times(firstViewSeconds),
    oneSiteMBs: rate(amounts.instances, oneSiteSeconds),
    allSitesMBs: rate(amounts.instances * sites.length, allSitesSeconds),
    catchUp: { seconds: round(catchUpSeconds), MB: round(amounts.instances * INSTANCE_MB) },
    afterCutSeconds: round(afterCutSeconds),
    refused: {
      count: [...refused.values()].reduce((sum, count) => sum + count, 0),
      why: [...refused].map(([why, count]) => `${count} × ${why}`),
    },
    lost: !whole,
  };
}

let studies = 0;
const newStudy = (): string => `2.25.${process.pid}${Date.now()}${++studies}`;

/** One instance of noise; why it was not stored, undefined when it was. */
async function stow(site: WanSite, study: string): Promise<string | undefined> {
  const head = part10Head({ study, series: `${study}.1`, instance: `${study}.1.1`, rows: SIDE, columns: SIDE });
  const body = Buffer.concat([head, randomFillSync(Buffer.alloc(2 * SIDE * SIDE))]);
  const headers = { 'content-type': 'application/dicom', accept: 'application/dicom+json' };
  const answer = await site.ask('/dicom-web/studies', { method: 'POST', headers, body });
  const text = await answer.body.text();
  if (answer.statusCode === 200) return undefined;
  return `${answer.statusCode} ${(JSON.parse(text) as { detail?: string }).detail ?? text}`;
}

async function hasThumbnail(site: WanSite, study: string): Promise<boolean> {
  const instance = `/dicom-web/studies/${study}/series/${study}.1/instances/${study}.1.1`;
  const answer = await site.ask(`${instance}/thumbnail`);
  await answer.body.dump();
  return answer.statusCode === 200;
}

async function studyCount(site: WanSite): Promise<number> {
  const answer = await site.ask('/dicom-web/studies?limit=1');
  await answer.body.dump();
  return Number(answer.headers['x-total-count']);
}

async function blockNumber(site: WanSite): Promise<number> {
  const status = await site.run(['network', 'status', '--data', site.nodeFolder]);
  return Number(/^head +block (\d+)/m.exec(status)?.[1]);
}

const since = (begun: number): number => (performance.now() - begun) / 1_000;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return since(begun);
}
