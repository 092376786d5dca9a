import type { PlotPanel, PlotSeries } from '../line-plots.js';
import type { CheckedFigure } from './check.js';
import type { ConsortiumRun } from './consortium-run.js';
import { LINKS } from './links.js';
import { type PredictedScenario, type PredictedSetting, SIZES } from './predict.js';

/** The page's plots. */
export function panelsOf({ checked, predicted }: ConsortiumRun): PlotPanel[] {
  const beyond = (fanOut: string, value: (of: PredictedScenario) => number | undefined): PlotSeries[] =>
    Object.keys(LINKS)
      .slice(0, 2)
      .map((link) => ({
        name: `${link}, sent to ${fanOut === 'all' ? 'all' : '3'} nodes`,
        points: predicted.scenarios
          .filter((of) => of.link === link && of.fanOut === fanOut)
          .map((of): [number, number] => [of.sites, value(of) ?? NaN]),
        dashed: fanOut !== 'all',
      }));
  const best = (isAsked: (of: PredictedSetting) => boolean): [number, number][] =>
    SIZES.map((sites) => [
      sites,
      Math.max(...predicted.settings.filter((of) => of.sites === sites && isAsked(of)).map(({ MBps }) => MBps ?? NaN)),
    ]);
  const here = (key: CheckedFigure, name: string, colour: number): PlotSeries[] => {
    const pairs = checked.flatMap((of) => (of[key] ? [{ sites: of.sites, ...of[key] }] : []));
    return [
      {
        name: `${name}, measured`,
        dots: true,
        colour,
        points: pairs.map(({ sites, measured }) => [sites, measured]),
      },
      { name: `${name}, model`, colour, points: pairs.map(({ sites, model }) => [sites, model]) },
    ];
  };
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
        { name: '… and 5 seal', points: best(({ signers, sites }) => sites === SIZES[0] || signers !== sites) },
      ],
    },
  ];
}
