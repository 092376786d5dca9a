import { mean, quantile } from '../statistics.js';
import type { Fitted } from './fitted.js';
import { latenciesHere } from './latencies-here.js';
import type { MeasuredSites } from './measured-sites.js';

/** A site of its own: a small server. */
const CORES_EACH = 4;
/** Header, preview and announcement of a 512 × 512 image. */
const HEAD_BYTES = 30_000;
/** A block with nothing in it. */
const BLOCK_SECONDS = 0.003;
/** Taken from a peer there is no hexadecimal and no JSON: assumed, since with every server sending to every node it is hardly seen. */
const FETCHED_SHARE = 0.5;

/** The model's figures from what was measured, which has to have one site and two or three. */
export function fit(measured: readonly MeasuredSites[]): Fitted {
  const of = (sites: number): MeasuredSites | undefined => measured.find((run) => run.sites === sites);
  const one = of(1);
  const two = of(2) ?? of(3);
  if (!one || !two?.log.importSecondsPerGgas)
    throw new Error('The model needs a run of one site and one of two or three.');
  const chainBytesPerByte = mean(
    measured.map(({ blocks, throughput }) => (blocks.meanBytes * blocks.withTransactions) / throughput.payloadBytes),
  );
  const perByte = (secondsPerGgas: number, { blocks }: MeasuredSites): number =>
    (secondsPerGgas / 1e9) * blocks.gasPerByte;
  const build = perByte(one.log.buildSecondsPerGgas.median, one);
  const imported = perByte(two.log.importSecondsPerGgas.median, two);
  const commit = Math.max(0, imported - build);
  const nodeCpu = one.perByte.nodeCpu.storing / 1e6 / chainBytesPerByte;
  const rpcIn = Math.max(0, nodeCpu - build - commit);
  const server = line(measured.map(({ sites, perByte: cost }): [number, number] => [sites, cost.serverCpu.storing]));
  const fitted: Fitted = {
    coresEach: CORES_EACH,
    idleCores: mean(measured.map(({ idle }) => idle.nodeCpuPerSecond + idle.serverCpuPerSecond)),
    imageBytes: one.imageBytes,
    headBytes: HEAD_BYTES,
    chainBytesPerByte,
    rpcBytesPerByte: one.perByte.rpcIn.storing / chainBytesPerByte,
    diskBesideBlocks: one.diskPerByte.compacted - chainBytesPerByte,
    answerSeconds: 0,
    viewSeconds: 0,
    cpu: {
      serverPerMB: Math.max(0, server.at0) + mean(measured.map(({ clientCpuPerMB }) => clientCpuPerMB)),
      send: Math.max(0, server.slope) / 1e6 / chainBytesPerByte,
      rpcIn,
      fetched: rpcIn * FETCHED_SHARE,
      build,
      import: imported,
      commit,
      blockSeconds: BLOCK_SECONDS,
    },
  };
  // What neither waits for blocks nor takes CPU that is counted above: polls, fsyncs, queries.
  const small = measured.filter(({ sites }) => sites <= 3);
  const first = small.map((run) => ({ run, here: latenciesHere(fitted, run) }));
  const rests = first.map(({ run, here: { stored } }) => run.storeSeconds.median - quantile(stored, 0.5));
  fitted.answerSeconds = Math.max(0, mean(rests));
  const restsOfViews = first.flatMap(({ run: { firstViewSeconds }, here: { viewed } }) =>
    firstViewSeconds ? [firstViewSeconds.median - quantile(viewed, 0.5)] : [],
  );
  fitted.viewSeconds = Math.max(0, mean(restsOfViews));
  return fitted;
}

/** Least squares. */
function line(points: readonly (readonly [x: number, y: number])[]): { slope: number; at0: number } {
  const x = mean(points.map(([x]) => x));
  const y = mean(points.map(([, y]) => y));
  const slope = mean(points.map(([px, py]) => (px - x) * (py - y))) / mean(points.map(([px]) => (px - x) ** 2));
  return { slope, at0: y - slope * x };
}
