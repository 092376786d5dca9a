// 8, 30 and 100 sites, each on a machine of its own, between which lies a network.
import { middle, quantile } from './consortium-fit.mjs';
import { links, simulate } from './consortium-model.mjs';
import { mean } from './spread.mjs';

export const sizes = [8, 30, 100];
/** All nodes, as `npm run network` sets it; or the own one and two others. */
const fanOuts = { all: (sites) => sites, three: () => 3 };
const seeds = [1, 2];
const stores = 15;
/** Enough to lose two. */
const fewSigners = 5;
const bulk = { inFlight: 8, writers: 4 };

const round = (value) => (Number.isFinite(value) ? Number(value.toPrecision(3)) : undefined);

export function predict(fitted, say) {
  const scenarios = [];
  for (const sites of sizes)
    for (const [linkName, link] of Object.entries(links))
      for (const [fanOutName, fanOutOf] of Object.entries(fanOuts)) {
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

function latencies(fitted, settings) {
  const runs = seeds.map((seed) => simulate(fitted, { ...settings, seed, mode: { stores } }));
  const [stored, viewed, last] = ['stored', 'viewed', 'viewedBySlowest'].map((key) => runs.flatMap((run) => run[key]));
  return {
    store: { median: round(middle(stored)), p95: round(quantile(stored, 0.95)) },
    firstView: { median: round(middle(viewed)), p95: round(quantile(viewed, 0.95)) },
    firstViewAtLast: { median: round(middle(last)), p95: round(quantile(last, 0.95)) },
    // One image at a time: what one costs when no block is lost to congestion.
    alone: trafficOf(runs),
  };
}

const trafficOf = (runs) => ({
  peerIn: round(mean(runs.flatMap(({ peerIn }) => peerIn))),
  storingSiteOut: round(mean(runs.map(({ peerOut }) => peerOut[0]))),
  disk: round(mean(runs.flatMap(({ disk }) => disk))),
  cpuPerMB: round(mean(runs.flatMap(({ nodeCpu }) => nodeCpu))),
});

function sustained(fitted, settings, seconds) {
  const runs = seeds.map((seed) => simulate(fitted, { ...settings, seed, mode: { ...bulk, seconds } }));
  return {
    MBps: round(mean(runs.map(({ MBps }) => MBps))),
    busy: trafficOf(runs),
    blocksLost: round(mean(runs.map(({ lostShare }) => lostShare))),
  };
}

/** Who seals, how often, and how much at once: what a WAN bears, servers sending to three nodes. */
function sweep(fitted, say) {
  const found = [];
  for (const sites of sizes)
    for (const signers of sites > 2 * fewSigners ? [sites, fewSigners] : [sites]) {
      say(`Simulating periods and block sizes for ${sites} sites, of which ${signers} seal.`);
      for (const periodSeconds of [1, 2, 4])
        for (const blockBytes of [0.3e6, 0.6e6, 1.2e6, 3.68e6]) {
          const settings = { sites, signers, link: links.WAN, fanOut: 3, periodSeconds, blockBytes };
          const { MBps, busy, blocksLost } = sustained(fitted, settings, Math.max(30, 12 * periodSeconds));
          found.push({ sites, signers, periodSeconds, blockBytes, MBps, peerIn: busy.peerIn, blocksLost });
        }
    }
  return found;
}
