// The page's tables and plots. The words in bench/reports/consortium.md are written by hand, between the tables.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { svg } from './consortium-plot.mjs';
import { links } from './consortium-model.mjs';
import { sizes } from './consortium-predict.mjs';
import { mean } from './spread.mjs';

/** Writes `consortium.svg`, and every table of `consortium.md` between its two marks. */
export function writePage(run, folder) {
  writeFileSync(path.join(folder, 'consortium.svg'), svg(panels(run)));
  const file = path.join(folder, 'consortium.md');
  let page = readFileSync(file, 'utf8');
  for (const [name, lines] of Object.entries(tables(run))) {
    const [from, to] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
    const [begin, end] = [page.indexOf(from), page.indexOf(to)];
    if (begin === -1 || end === -1) throw new Error(`${file} has no ${from} … ${to} for the table.`);
    page = `${page.slice(0, begin + from.length)}\n\n${lines.join('\n')}\n\n${page.slice(end)}`;
  }
  writeFileSync(file, page);
}

const row = (...cells) => `| ${cells.join(' | ')} |`;
const table = (head, ...rows) => [row(...head), row(...head.map((_, i) => (i ? '--:' : '---'))), ...rows];
const fixed = (value, digits = 1) => (value === undefined || value === null ? '–' : value.toFixed(digits));
const percent = (share) =>
  share === undefined || share === null ? '–' : `${share >= 0 ? '+' : ''}${Math.round(share * 100)} %`;
const share = (value) => `${Math.round(value * 100)} %`;

function tables({ command, machine, commit, measured, fitted, checked, predicted }) {
  const pair = (of) => (of ? `${fixed(of.measured, 2)} → ${fixed(of.model, 2)} (${percent(of.error)})` : '–');
  const { cpu } = fitted;
  const dates = measured.map(({ date }) => date).sort();
  const perMB = (perByte) => `${Math.round(perByte * 1e9)} ms`;
  return {
    run: [`\`${command}\`, ${dates[0]} to ${dates.at(-1).slice(11)} UTC, commit ${commit}, ${machine}.`],
    measured: table(
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
      ...measured.map(
        ({ sites, storeSeconds: s, firstViewSeconds: v, throughput, perByte, log, blocks, othersCores }) =>
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
    bytes: table(
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
      ...measured.map(({ sites, perByte: of, diskPerByte }) =>
        row(
          sites,
          ...['peerIn', 'peerOut', 'rpcIn', 'rpcOut'].map((key) => fixed(mean(of[key].each), 2)),
          fixed(of.serverDisk.storing, 2),
          fixed(diskPerByte.running),
          fixed(diskPerByte.compacted),
        ),
      ),
    ),
    fitted: table(
      ['of one site', 'figure'],
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
    ),
    checked: table(
      ['sites', 'store, median s', 'p95', 'first view, median s', 'p95', 'MB/s'],
      ...checked.map((of) =>
        row(of.sites, ...['storeMedian', 'storeP95', 'viewMedian', 'viewP95', 'MBps'].map((key) => pair(of[key]))),
      ),
    ),
    checkedBytes: table(
      ['sites', 'from peers, bytes per byte', 'disk, bytes per byte', 'node CPU, s per MB', 'blocks in vain'],
      ...checked.map((of) =>
        row(
          of.sites,
          ...['peerIn', 'disk', 'nodeCpuPerMB'].map((key) => pair(of[key])),
          `${share(of.lostShare.measured)} → ${share(of.lostShare.model)}`,
        ),
      ),
    ),
    predicted: table(
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
      ...predicted.scenarios.map((of) =>
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
    settings: table(
      ['sites', 'seal', 'period', ...blockSizes(predicted).map((bytes) => `${bytes / 1e6} MB blocks`)],
      ...inRows(predicted.settings).map((cells) =>
        row(
          cells[0].sites,
          cells[0].signers === cells[0].sites ? 'all' : cells[0].signers,
          `${cells[0].periodSeconds} s`,
          ...cells.map(({ MBps, blocksLost }) => `${fixed(MBps, 2)} (${share(blocksLost)})`),
        ),
      ),
    ),
  };
}

/** One row for all block sizes. */
const inRows = (settings) => {
  const rows = new Map();
  for (const of of settings) {
    const key = `${of.sites} ${of.signers} ${of.periodSeconds}`;
    rows.set(key, [...(rows.get(key) ?? []), of]);
  }
  return [...rows.values()];
};
const blockSizes = ({ settings }) => [...new Set(settings.map(({ blockBytes }) => blockBytes))];

function panels({ checked, predicted }) {
  const beyond = (fanOut, value) =>
    Object.keys(links)
      .slice(0, 2)
      .map((link) => ({
        name: `${link}, sent to ${fanOut === 'all' ? 'all' : '3'} nodes`,
        points: predicted.scenarios
          .filter((of) => of.link === link && of.fanOut === fanOut)
          .map((of) => [of.sites, value(of)]),
        dashed: fanOut !== 'all',
      }));
  const best = (isAsked) =>
    sizes.map((sites) => [
      sites,
      Math.max(...predicted.settings.filter((of) => of.sites === sites && isAsked(of)).map(({ MBps }) => MBps)),
    ]);
  const here = (key, name, colour) => [
    {
      name: `${name}, measured`,
      dots: true,
      colour,
      points: checked.filter((of) => of[key]).map((of) => [of.sites, of[key].measured]),
    },
    { name: `${name}, model`, colour, points: checked.filter((of) => of[key]).map((of) => [of.sites, of[key].model]) },
  ];
  const x = { label: 'sites', log: true };
  return [
    {
      title: '1 to 8 sites on one machine of two cores: latency',
      x: { label: 'sites' },
      y: { label: 'seconds, median' },
      series: [...here('storeMedian', 'store', 0), ...here('viewMedian', 'first view', 1)],
    },
    {
      title: '1 to 8 sites on one machine: throughput, traffic',
      x: { label: 'sites' },
      y: { label: 'MB/s · bytes per image byte' },
      series: [...here('MBps', 'MB/s', 0), ...here('peerIn', 'from peers', 1)],
    },
    {
      title: 'Model: STOW to sealed answer, idle network',
      x,
      y: { label: 'seconds, median' },
      series: [...beyond('all', (of) => of.store.median), ...beyond('three', (of) => of.store.median)],
    },
    {
      title: 'Model: most that all sites together store',
      x,
      y: { label: 'MB/s' },
      series: [
        ...beyond('all', (of) => of.MBps),
        ...beyond('three', (of) => of.MBps),
        { name: 'WAN, best period, block', points: best(({ signers, sites }) => signers === sites) },
        { name: '… and 5 seal', points: best(({ signers, sites }) => sites === sizes[0] || signers !== sites) },
      ],
    },
  ];
}
