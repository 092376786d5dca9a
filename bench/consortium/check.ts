import { mean, quantile } from '../statistics.js';
import type { Fitted } from './fitted.js';
import { here, latenciesHere, SEEDS } from './latencies-here.js';
import type { MeasuredSites } from './measured-sites.js';
import { simulate } from './model.js';

/** A figure as it was measured and as the model says; `error` is a part of the measured one. */
export interface Pair {
  measured: number;
  model: number;
  error?: number | undefined;
}

export type CheckedFigure =
  'storeMedian' | 'storeP95' | 'viewMedian' | 'viewP95' | 'MBps' | 'nodeCpuPerMB' | 'peerIn' | 'disk' | 'reorgsPerNode';

/** One site has no views and no peers. */
export type CheckedSites = { sites: number; lostShare: Pair } & Partial<Record<CheckedFigure, Pair>>;

const round = (value: number): number => Number(value.toPrecision(3));

/** The same runs in the model, all on one machine of two cores: how well it says what was measured. */
export function check(fitted: Fitted, measured: readonly MeasuredSites[]): CheckedSites[] {
  return measured.map((run) => {
    const { stored, viewed } = latenciesHere(fitted, run);
    const { files, inFlight } = run.throughput;
    const { firstViewSeconds } = run;
    const bulk = SEEDS.map((seed) => simulate(fitted, { ...here(run, 'throughput'), seed, mode: { files, inFlight } }));
    const pair = (said: number, was: number): Pair => ({
      measured: round(was),
      model: round(said),
      error: was ? round(said / was - 1) : undefined,
    });
    return {
      sites: run.sites,
      storeMedian: pair(quantile(stored, 0.5), run.storeSeconds.median),
      storeP95: pair(quantile(stored, 0.95), run.storeSeconds.p95),
      ...(firstViewSeconds && {
        viewMedian: pair(quantile(viewed, 0.5), firstViewSeconds.median),
        viewP95: pair(quantile(viewed, 0.95), firstViewSeconds.p95),
      }),
      MBps: pair(mean(bulk.map(({ MBps }) => MBps ?? NaN)), run.throughput.MBps),
      nodeCpuPerMB: pair(mean(bulk.flatMap(({ nodeCpu }) => nodeCpu)), mean(run.perByte.nodeCpu.each)),
      ...(run.sites > 1 && { peerIn: pair(mean(bulk.flatMap(({ peerIn }) => peerIn)), mean(run.perByte.peerIn.each)) }),
      disk: pair(mean(bulk.flatMap(({ disk }) => disk)), run.diskPerByte.compacted),
      lostShare: pair(mean(bulk.map(({ lostShare }) => lostShare)), 1 - run.blocks.count / run.log.blocksSealed),
      reorgsPerNode: pair(mean(bulk.map(({ reorgsPerNode }) => reorgsPerNode)), run.log.reorgsPerNode),
    };
  });
}
