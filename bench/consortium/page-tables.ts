import { row, tableLines } from '../markdown-table.js';
import { mean } from '../statistics.js';
import type { Pair } from './check.js';
import type { ConsortiumRun } from './consortium-run.js';
import type { Predicted, PredictedSetting } from './predict.js';

const fixed = (value: number | null | undefined, digits = 1): string =>
  value === undefined || value === null ? '–' : value.toFixed(digits);
const percent = (share: number | null | undefined): string =>
  share === undefined || share === null ? '–' : `${share >= 0 ? '+' : ''}${Math.round(share * 100)} %`;
const share = (value: number | undefined): string => `${Math.round((value ?? NaN) * 100)} %`;

/** The lines of every table of the page, by its name. */
export function tablesOf(run: ConsortiumRun): Record<string, string[]> {
  const { command, machine, commit, measured, fitted, checked, predicted } = run;
  const pair = (of: Pair | undefined): string =>
    of ? `${fixed(of.measured, 2)} → ${fixed(of.model, 2)} (${percent(of.error)})` : '–';
  const { cpu } = fitted;
  const dates = measured.map(({ date }) => date).sort();
  const perMB = (perByte: number): string => `${Math.round(perByte * 1e9)} ms`;
  return {
    run: [`\`${command}\`, ${dates[0]} to ${dates.at(-1)?.slice(11)} UTC, commit ${commit}, ${machine}.`],
    measured: tableLines(
      [
        'sites',
        'store, s: median',
        'p95',
        'first view elsewhere, s: median',
        'p95',
        'MB/s, 8 in flight',
        'node CPU, s per MB',
        "storing server's CPU",
        'reorganisations a node',
        'blocks in vain',
        'cores that others took: one at a time, 8 in flight',
      ],
      measured.map(({ sites, storeSeconds: s, firstViewSeconds: v, throughput, perByte, log, blocks, othersCores }) =>
        row(
          sites,
          fixed(s.median, 2),
          fixed(s.p95, 2),
          fixed(v?.median, 2),
          fixed(v?.p95, 2),
          fixed(throughput.MBps, 2),
          fixed(mean(perByte.nodeCpu.each), 2),
          fixed(perByte.serverCpu.storing, 2),
          fixed(log.reorgsPerNode),
          share(1 - blocks.count / log.blocksSealed),
          othersCores ? `${fixed(othersCores.alone)}, ${fixed(othersCores.throughput)}` : 'about 0.5',
        ),
      ),
    ),
    bytes: tableLines(
      [
        'sites',
        'from peers',
        'to peers',
        'from servers (JSON)',
        'to servers',
        "servers' other disk, storing",
        'node disk, running',
        'compacted',
      ],
      measured.map(({ sites, perByte: of, diskPerByte }) =>
        row(
          sites,
          ...(['peerIn', 'peerOut', 'rpcIn', 'rpcOut'] as const).map((key) => fixed(mean(of[key].each), 2)),
          fixed(of.serverDisk.storing, 2),
          fixed(diskPerByte.running),
          fixed(diskPerByte.compacted),
        ),
      ),
    ),
    fitted: tableLines(
      ['of one site', 'figure'],
      [
        row('bytes on the chain per image byte', fixed(fitted.chainBytesPerByte, 3)),
        row('bytes of JSON to a node per byte on the chain', fixed(fitted.rpcBytesPerByte, 2)),
        row('CPU a MB on the chain: node, taking it by RPC', perMB(cpu.rpcIn)),
        row(
          '… building a block · importing one · writing an own one',
          [cpu.build, cpu.import, cpu.commit].map(perMB).join(' · '),
        ),
        row(
          'CPU a MB of images: storing server with its client · more for each node sent to',
          `${Math.round(cpu.serverPerMB * 1000)} ms · ${perMB(cpu.send)}`,
        ),
        row(
          'from the block to the answer · to the thumbnail elsewhere',
          `${Math.round(fitted.answerSeconds * 1000)} ms · ${Math.round(fitted.viewSeconds * 1000)} ms`,
        ),
        row('CPU at rest, node and server', `${(fitted.idleCores * 100).toFixed(1)} % of a core`),
      ],
    ),
    checked: tableLines(
      ['sites', 'store, median s', 'p95', 'first view, median s', 'p95', 'MB/s'],
      checked.map((of) =>
        row(
          of.sites,
          ...(['storeMedian', 'storeP95', 'viewMedian', 'viewP95', 'MBps'] as const).map((key) => pair(of[key])),
        ),
      ),
    ),
    checkedBytes: tableLines(
      ['sites', 'from peers, bytes per byte', 'disk, bytes per byte', 'node CPU, s per MB', 'blocks in vain'],
      checked.map((of) =>
        row(
          of.sites,
          ...(['peerIn', 'disk', 'nodeCpuPerMB'] as const).map((key) => pair(of[key])),
          `${share(of.lostShare.measured)} → ${share(of.lostShare.model)}`,
        ),
      ),
    ),
    predicted: tableLines(
      [
        'sites',
        'network',
        'sends to',
        'store, s: median',
        'p95',
        'first view, s: median',
        'at the last site, p95',
        'most MB/s',
        'blocks in vain then',
        'from peers, idle',
        'full',
        'out of the storing site, idle',
        'disk, idle',
        'full',
      ],
      predicted.scenarios.map((of) =>
        row(
          of.sites,
          of.link,
          of.fanOut === 'all' ? 'all' : '3',
          fixed(of.store.median),
          fixed(of.store.p95),
          fixed(of.firstView.median),
          fixed(of.firstViewAtLast.p95),
          fixed(of.MBps, 2),
          share(of.blocksLost),
          fixed(of.alone.peerIn),
          fixed(of.busy.peerIn),
          fixed(of.alone.storingSiteOut, 0),
          fixed(of.alone.disk),
          fixed(of.busy.disk),
        ),
      ),
    ),
    settings: tableLines(
      ['sites', 'seal', 'period', ...blockSizes(predicted).map((bytes) => `${bytes / 1e6} MB blocks`)],
      inRows(predicted.settings).map(({ first, all }) =>
        row(
          first.sites,
          first.signers === first.sites ? 'all' : first.signers,
          `${first.periodSeconds} s`,
          ...all.map(({ MBps, blocksLost }) => `${fixed(MBps, 2)} (${share(blocksLost)})`),
        ),
      ),
    ),
  };
}

/** One row for all block sizes. */
function inRows(settings: readonly PredictedSetting[]): { first: PredictedSetting; all: PredictedSetting[] }[] {
  const rows = new Map<string, { first: PredictedSetting; all: PredictedSetting[] }>();
  for (const of of settings) {
    const key = `${of.sites} ${of.signers} ${of.periodSeconds}`;
    const row = rows.get(key);
    if (row) row.all.push(of);
    else rows.set(key, { first: of, all: [of] });
  }
  return [...rows.values()];
}

const blockSizes = ({ settings }: Predicted): number[] => [...new Set(settings.map(({ blockBytes }) => blockBytes))];
