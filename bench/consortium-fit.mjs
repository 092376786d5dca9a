// The model's figures from what was measured, and how well the model then says what was measured.
import { simulate } from './consortium-model.mjs';
import { mean } from './spread.mjs';

/** A site of its own: a small server. */
const coresEach = 4;
const cores = 2;
/** Header, preview and announcement of a 512 × 512 image. */
const headBytes = 30_000;
/** A block with nothing in it. */
const blockSeconds = 0.003;
/** Taken from a peer there is no hexadecimal and no JSON: assumed, since with every server sending to every node it is hardly seen. */
const fetchedShare = 0.5;

const round = (value) => (typeof value === 'number' ? Number(value.toPrecision(3)) : value);

/** All of CPU in seconds of one core, per byte on the chain unless the name says otherwise. */
export function fit(measured) {
  const of = (sites) => measured.find((run) => run.sites === sites);
  const one = of(1);
  const two = of(2) ?? of(3);
  const chainBytesPerByte = mean(
    measured.map(({ blocks, throughput }) => (blocks.meanBytes * blocks.withTransactions) / throughput.payloadBytes),
  );
  const perByte = (secondsPerGgas, { blocks }) => (secondsPerGgas / 1e9) * blocks.gasPerByte;
  const build = perByte(one.log.buildSecondsPerGgas.median, one);
  const imported = perByte(two.log.importSecondsPerGgas.median, two);
  const commit = Math.max(0, imported - build);
  const nodeCpu = one.perByte.nodeCpu.storing / 1e6 / chainBytesPerByte;
  const rpcIn = Math.max(0, nodeCpu - build - commit);
  const server = line(measured.map(({ sites, perByte: of }) => [sites, of.serverCpu.storing]));
  const fitted = {
    coresEach,
    idleCores: mean(measured.map(({ idle }) => idle.nodeCpuPerSecond + idle.serverCpuPerSecond)),
    imageBytes: one.imageBytes,
    headBytes,
    chainBytesPerByte,
    rpcBytesPerByte: one.perByte.rpcIn.storing / chainBytesPerByte,
    diskBesideBlocks: one.diskPerByte.compacted - chainBytesPerByte,
    answerSeconds: 0,
    viewSeconds: 0,
    cpu: {
      serverPerMB: Math.max(0, server.at0) + mean(measured.map(({ clientCpuPerMB }) => clientCpuPerMB)),
      send: Math.max(0, server.slope) / 1e6 / chainBytesPerByte,
      rpcIn,
      fetched: rpcIn * fetchedShare,
      build,
      import: imported,
      commit,
      blockSeconds,
    },
  };
  // What neither waits for blocks nor takes CPU that is counted above: polls, fsyncs, queries.
  const small = measured.filter(({ sites }) => sites <= 3);
  const rest = (run, key, simulated) => run[key].median - simulated;
  const first = small.map((run) => [run, latenciesHere(fitted, run)]);
  fitted.answerSeconds = Math.max(0, mean(first.map(([run, { stored }]) => rest(run, 'storeSeconds', middle(stored)))));
  fitted.viewSeconds = Math.max(
    0,
    mean(
      first
        .filter(([{ sites }]) => sites > 1)
        .map(([run, { viewed }]) => rest(run, 'firstViewSeconds', middle(viewed))),
    ),
  );
  return fitted;
}

/** The same runs in the model, all on one machine of two cores. */
export function check(fitted, measured) {
  return measured.map((run) => {
    const { stored, viewed } = latenciesHere(fitted, run);
    const { files, inFlight } = run.throughput;
    const bulk = seeds.map((seed) => simulate(fitted, { ...here(run, 'throughput'), seed, mode: { files, inFlight } }));
    const pair = (said, was) => ({
      measured: round(was),
      model: round(said),
      error: was ? round(said / was - 1) : undefined,
    });
    const isAlone = run.sites === 1;
    return {
      sites: run.sites,
      storeMedian: pair(middle(stored), run.storeSeconds.median),
      storeP95: pair(quantile(stored, 0.95), run.storeSeconds.p95),
      ...(isAlone
        ? {}
        : {
            viewMedian: pair(middle(viewed), run.firstViewSeconds.median),
            viewP95: pair(quantile(viewed, 0.95), run.firstViewSeconds.p95),
          }),
      MBps: pair(mean(bulk.map(({ MBps }) => MBps)), run.throughput.MBps),
      nodeCpuPerMB: pair(mean(bulk.flatMap(({ nodeCpu }) => nodeCpu)), mean(run.perByte.nodeCpu.each)),
      ...(isAlone ? {} : { peerIn: pair(mean(bulk.flatMap(({ peerIn }) => peerIn)), mean(run.perByte.peerIn.each)) }),
      disk: pair(mean(bulk.flatMap(({ disk }) => disk)), run.diskPerByte.compacted),
      lostShare: pair(mean(bulk.map(({ lostShare }) => lostShare)), 1 - run.blocks.count / run.log.blocksSealed),
      reorgsPerNode: pair(mean(bulk.map(({ reorgsPerNode }) => reorgsPerNode)), run.log.reorgsPerNode),
    };
  });
}

const seeds = [1, 2, 3, 4, 5];
/** What others took of the cores is not there. */
const here = ({ sites, periodSeconds, othersCores }, phase) => ({
  sites,
  periodSeconds,
  oneMachine: Math.max(0.3, cores - (othersCores?.[phase] ?? 0)),
});

function latenciesHere(fitted, run) {
  const all = seeds.map((seed) => simulate(fitted, { ...here(run, 'alone'), seed, mode: { stores: 20 } }));
  return { stored: all.flatMap(({ stored }) => stored), viewed: all.flatMap(({ viewed }) => viewed) };
}

/** Least squares. */
function line(points) {
  const x = mean(points.map(([x]) => x));
  const y = mean(points.map(([, y]) => y));
  const slope = mean(points.map(([px, py]) => (px - x) * (py - y))) / mean(points.map(([px]) => (px - x) ** 2));
  return { slope, at0: y - slope * x };
}

export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
}

export const middle = (values) => quantile(values, 0.5);
