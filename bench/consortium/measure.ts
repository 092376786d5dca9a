import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../../src/base/testing/until.js';
import type { Network } from '../../src/network/network.js';
import { startNetwork } from '../../src/network/start-network.js';
import { allocatedBytes } from '../disk-bytes.js';
import { inLanes } from '../in-lanes.js';
import { type ServedSite, servedSites } from '../served-sites.js';
import { mean, round, spread, sum } from '../statistics.js';
import { costOf, costOfByte, othersCores, ratesOf } from './cost-of.js';
import { logFigures } from './logs.js';
import type { BlockFigures, MeasuredSites } from './measured-sites.js';
import { image, store, storeAndView } from './store-and-view.js';
import { watchTraffic } from './traffic.js';
import { letInto } from '../../conformance/testing/let-in.js';

/** First blocks, first probes and first compilations are not measured. */
const WARM_UPS = 2;
const IDLE_SECONDS = 8;
/** So many blocks after the last answer, all that follows from it is written. */
const SETTLE_BLOCKS = 4;
const WAIT_MS = 600_000;
const POLL_MS = 20;
const SETTLE_POLL_MS = 200;

export interface MeasureSitesOptions {
  sites: number;
  /** geth. */
  binary: string;
  periodSeconds: number;
  /** One at a time, then `files` of them, so many in flight. */
  stores: number;
  files: number;
  inFlight: number;
  say: (sentence: string) => void;
}

/** As `eth_getBlockByNumber` gives it without its transactions; numbers are hex. */
interface RawBlock {
  size: string;
  gasUsed: string;
  timestamp: string;
  difficulty: string;
  transactions: string[];
}

/** One network of `sites`, a signing node and a server each, from nothing to nothing. Figures as `consortium.json` has them. */
export async function measureSites(options: MeasureSitesOptions): Promise<Omit<MeasuredSites, 'date'>> {
  const { sites, binary, periodSeconds, stores, files, inFlight, say } = options;
  const folder = mkdtempSync(path.join(tmpdir(), 'ledger-sites-'));
  const network = await startNetwork({
    sites,
    folder,
    binary,
    periodSeconds,
    environment: { LOG_LEVEL: 'warn' },
    say,
  });
  letInto(network);
  const served = servedSites(network);
  const { first } = served;
  const others = served.sites.slice(1);
  const traffic = watchTraffic(network.sites);
  try {
    await untilMeshed(network);
    for (let i = 0; i < WARM_UPS; i++) await storeAndView({ from: first, at: others[i % sites] }, `1.${i}`);
    await settle(network);

    say(`${sites} sites: at rest.`);
    const idle = await costOf(network, traffic, () => delay(IDLE_SECONDS * 1000));

    say(`${sites} sites: ${stores} stores, one at a time.`);
    const latencies: { stored: number; viewed: number | undefined }[] = [];
    const alone = await costOf(network, traffic, async () => {
      for (let i = 0; i < stores; i++) {
        latencies.push(await storeAndView({ from: first, at: others[i % (sites - 1)] }, `2.${i}`));
        // Each store begins at another moment of the block period.
        await delay(((i * 0.618) % 1) * periodSeconds * 1000);
      }
    });
    await settle(network);

    say(`${sites} sites: ${files} stores, ${inFlight} in flight.`);
    const fromBlock = await headOf(first);
    let storeSeconds = NaN;
    const busy = await costOf(network, traffic, async () => {
      const begun = performance.now();
      await inLanes(files, (i) => store(first, image(`3.${i}`)), inFlight);
      storeSeconds = (performance.now() - begun) / 1000;
      await settle(network);
    });
    const payload = files * image('3').length;
    const stored = (WARM_UPS + stores + files) * image('4').length;
    const measured = {
      sites,
      periodSeconds,
      imageBytes: image('3').length,
      storeSeconds: spread(latencies.map(({ stored }) => stored)),
      firstViewSeconds: sites === 1 ? undefined : spread(latencies.flatMap(({ viewed }) => viewed ?? [])),
      throughput: {
        files,
        inFlight,
        payloadBytes: payload,
        seconds: round(storeSeconds),
        MBps: round(payload / 1e6 / storeSeconds),
      },
      blocks: await blocksOf(first, fromBlock, await headOf(first)),
      othersCores: { alone: othersCores(alone), throughput: othersCores(busy) },
      idle: ratesOf(idle),
      perByte: costOfByte(busy, { idle, payload }),
      clientCpuPerMB: round((busy.clientCpu / payload) * 1e6),
      diskPerByte: { storedBytes: stored, running: round(allocatedBytes(first.node.folder) / stored), compacted: NaN },
      log: logFigures(network.sites, busy.begunAt, busy.endedAt),
    };
    traffic.stop();
    await network.stop();
    const { node } = first;
    execFileSync(binary, ['--datadir', node.folder, '--state.scheme', 'hash', 'db', 'compact'], { stdio: 'ignore' });
    measured.diskPerByte.compacted = round(allocatedBytes(node.folder) / stored);
    return measured;
  } finally {
    traffic.stop();
    await network.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Every node is connected with every other one. */
async function untilMeshed({ sites }: Network): Promise<void> {
  await until(
    'all nodes to be connected',
    async () => {
      const peers = (await Promise.all(sites.map(({ node }) => node.ipc('admin_peers')))) as unknown[][];
      return peers.every(({ length }) => length === sites.length - 1);
    },
    { timeoutMs: WAIT_MS, pauseMs: POLL_MS },
  );
}

async function settle(network: Network): Promise<void> {
  const { sites, first } = servedSites(network);
  const end = (await headOf(first)) + SETTLE_BLOCKS;
  await until(
    `block ${end} at all nodes`,
    async () => (await Promise.all(sites.map(headOf))).every((at) => at >= end),
    {
      ...{ timeoutMs: WAIT_MS, pauseMs: SETTLE_POLL_MS },
    },
  );
}

const headOf = async ({ node }: ServedSite): Promise<number> => Number(await node.ipc('eth_blockNumber'));

async function blocksOf({ node }: ServedSite, from: number, to: number): Promise<BlockFigures> {
  const blocks: RawBlock[] = [];
  for (let number = from + 1; number <= to; number++)
    blocks.push((await node.ipc('eth_getBlockByNumber', `0x${number.toString(16)}`, false)) as RawBlock);
  const full = blocks.filter(({ transactions }) => transactions.length > 0);
  const sizes = full.map(({ size }) => Number(size));
  const intervals = blocks.slice(1).map((block, i) => Number(block.timestamp) - Number(blocks[i]!.timestamp));
  return {
    count: blocks.length,
    withTransactions: full.length,
    meanBytes: Math.round(mean(sizes)),
    mostBytes: Math.max(...sizes),
    gasPerByte: round(sum(full.map(({ gasUsed }) => Number(gasUsed))) / sum(sizes)),
    meanIntervalSeconds: round(mean(intervals)),
    inTurnShare: round(blocks.filter(({ difficulty }) => Number(difficulty) === 2).length / blocks.length),
  };
}
