import { linePlots, type PlotPanel, type PlotSeries } from '../line-plots.js';
import type { GrowthRun, SizeFigures } from './report.js';

/** The report's drawing, as SVG. */
export function plotsOf({ sizes, chain }: GrowthRun): string {
  const x = { label: 'thousand instances in the catalogue', log: true };
  const line = (name: string, value: (size: SizeFigures) => number, more: Partial<PlotSeries> = {}): PlotSeries => ({
    name,
    points: sizes.map((size): [number, number] => [size.instances / 1000, value(size)]),
    ...more,
  });
  const kinds = Object.keys(sizes[0]?.search ?? {});
  const y = { label: 'ms' };
  const panels: PlotPanel[] = [
    {
      title: 'One store of 0.5 MB, one start',
      x,
      y,
      series: [
        line('store, median', ({ store }) => store.median),
        line('store, p95', ({ store }) => store.p95, { dashed: true, colour: 0 }),
        line('start until ready', ({ start }) => start.seconds * 1000, { colour: 1 }),
      ],
    },
    {
      title: 'Searches, median over HTTP (1)',
      x,
      y,
      series: kinds.slice(0, 4).map((kind) => line(kind, ({ search }) => search[kind]!.median)),
    },
    {
      title: 'Searches, median over HTTP (2)',
      x,
      y,
      series: kinds.slice(4).map((kind) => line(kind, ({ search }) => search[kind]!.median)),
    },
  ];
  const filled = chain.filter(({ blocks }) => blocks > 0);
  if (filled.length > 1)
    panels.push({
      title: 'The same store and start as the chain grows',
      x: { label: 'blocks', log: true },
      y,
      series: [
        { name: 'store, median', points: filled.map(({ blocks, store }) => [blocks, store.median]) },
        { name: 'start until ready', points: filled.map(({ blocks, start }) => [blocks, start.seconds * 1000]) },
      ],
    });
  return linePlots(panels);
}
