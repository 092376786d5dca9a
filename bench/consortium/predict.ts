import { mean, quantile } from '../statistics.js';
import type { Fitted } from './fitted.js';
import { type Link, LINKS } from './links.js';
import { type Scenario, simulate, type Simulated } from './model.js';

export const SIZES = [8, 30, 100];
/** All nodes, as `npm run network` sets it; or the own one and two others. */
const FAN_OUTS = { all: (sites: number) => sites, three: () => 3 };
const SEEDS = [1, 2];
const STORES = 15;
/** Enough to lose two. */
const FEW_SIGNERS = 5;
const BULK = { inFlight: 8, writers: 4 };

const PERIODS_SECONDS = [1, 2, 4];
const BLOCK_BYTES = [0.3e6, 0.6e6, 1.2e6, 3.68e6];

interface MedianAndP95 {
  median: number | undefined;
  p95: number | undefined;
}

/** Per image byte, CPU in seconds per MB. */
interface TrafficFigures {
  peerIn: number | undefined;
  storingSiteOut: number | undefined;
  disk: number | undefined;
  cpuPerMB: number | undefined;
}

interface Latencies {
  store: MedianAndP95;
  firstView: MedianAndP95;
  firstViewAtLast: MedianAndP95;
  /** One image at a time: what one costs when no block is lost to congestion. */
  alone: TrafficFigures;
}

interface Sustained {
  MBps: number | undefined;
  busy: TrafficFigures;
  blocksLost: number | undefined;
}

export type PredictedScenario = { sites: number; link: string; fanOut: string } & Latencies & Sustained;

export interface PredictedSetting extends Omit<Sustained, 'busy'> {
  sites: number;
  signers: number;
  periodSeconds: number;
  blockBytes: number;
  peerIn: number | undefined;
}

export interface Predicted {
  scenarios: PredictedScenario[];
  settings: PredictedSetting[];
}

type Settings = Omit<Scenario, 'mode' | 'seed'>;

/** Undefined of what was not simulated. */
const round = (value: number | undefined): number | undefined =>
  value !== undefined && Number.isFinite(value) ? Number(value.toPrecision(3)) : undefined;

/** 8, 30 and 100 sites, each on a machine of its own, between which lies a network. */
export function predict(fitted: Fitted, say: (sentence: string) => void): Predicted {
  const scenarios: PredictedScenario[] = [];
  for (const sites of SIZES)
    for (const [linkName, link] of Object.entries<Link>(LINKS))
      for (const [fanOutName, fanOutOf] of Object.entries(FAN_OUTS)) {
        say(`Simulating ${sites} sites, ${linkName}, sending to ${fanOutName} nodes.`);
        const settings = { sites, link, fanOut: fanOutOf(sites) };
        scenarios.push({
          sites,
          link: linkName,
          fanOut: fanOutName,
          ...latencies(fitted, settings),
          ...sustained(fitted, settings, sites > 50 ? 40 : 60),
        });
      }
  return { scenarios, settings: sweep(fitted, say) };
}

function latencies(fitted: Fitted, settings: Settings): Latencies {
  const runs = SEEDS.map((seed) => simulate(fitted, { ...settings, seed, mode: { stores: STORES } }));
  const timesOf = (key: 'stored' | 'viewed' | 'viewedBySlowest'): MedianAndP95 => {
    const values = runs.flatMap((run) => run[key]);
    return { median: round(quantile(values, 0.5)), p95: round(quantile(values, 0.95)) };
  };
  return {
    store: timesOf('stored'),
    firstView: timesOf('viewed'),
    firstViewAtLast: timesOf('viewedBySlowest'),
    alone: trafficOf(runs),
  };
}

const trafficOf = (runs: readonly Simulated[]): TrafficFigures => ({
  peerIn: round(mean(runs.flatMap(({ peerIn }) => peerIn))),
  storingSiteOut: round(mean(runs.map(({ peerOut }) => peerOut[0]!))),
  disk: round(mean(runs.flatMap(({ disk }) => disk))),
  cpuPerMB: round(mean(runs.flatMap(({ nodeCpu }) => nodeCpu))),
});

function sustained(fitted: Fitted, settings: Settings, seconds: number): Sustained {
  const runs = SEEDS.map((seed) => simulate(fitted, { ...settings, seed, mode: { ...BULK, seconds } }));
  return {
    MBps: round(mean(runs.map(({ MBps }) => MBps ?? NaN))),
    busy: trafficOf(runs),
    blocksLost: round(mean(runs.map(({ lostShare }) => lostShare))),
  };
}

/** Who seals, how often, and how much at once: what a WAN bears, servers sending to three nodes. */
function sweep(fitted: Fitted, say: (sentence: string) => void): PredictedSetting[] {
  const found: PredictedSetting[] = [];
  for (const sites of SIZES)
    for (const signers of sites > 2 * FEW_SIGNERS ? [sites, FEW_SIGNERS] : [sites]) {
      say(`Simulating periods and block sizes for ${sites} sites, of which ${signers} seal.`);
      for (const periodSeconds of PERIODS_SECONDS)
        for (const blockBytes of BLOCK_BYTES) {
          const settings = { sites, signers, link: LINKS.WAN, fanOut: 3, periodSeconds, blockBytes };
          const { MBps, busy, blocksLost } = sustained(fitted, settings, Math.max(30, 12 * periodSeconds));
          found.push({ sites, signers, periodSeconds, blockBytes, MBps, peerIn: busy.peerIn, blocksLost });
        }
    }
  return found;
}
