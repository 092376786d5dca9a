import { barPanel, createChart, dotPanel } from './chart.js';
import { type Implementation, type Level, LEVELS } from './passes.js';
import { PUBLISHED } from './published.js';
import { joinRecords, type PaperRecord } from './records.js';
import { byUnit, IMPLEMENTATIONS, type Scope } from './summary.js';
import { probability } from './tables.js';

type Series = 'published' | Implementation;

const COLOURS: Record<Series, string> = { published: '#9a9a9a', paper: '#c8553d', ours: '#2a6f97' };
const NAMES: Record<Series, string> = {
  published: 'paper, as published',
  paper: "paper's method here",
  ours: 'dicom-ledger',
};

/** Fig. 5: average total first-viewable time without and with preview, patient-level and image-level, with p and PCC. */
export function drawFigure5({ times, statistics }: Scope): string {
  const chart = createChart({ width: 1100, height: 470, title: 'Average total first-viewable time' });
  const series: Series[] = ['published', ...IMPLEMENTATIONS];
  const valueOf = (one: Series, name: string): number | undefined =>
    one === 'published' ? PUBLISHED.times[name]?.totalFirstViewable : times[one]?.[name]?.totalFirstViewable?.mean;
  LEVELS.forEach((level, i) => {
    const groups = ['without', 'with'].map((preview) => `${level}-level ${preview} preview`);
    const values = groups.flatMap((name) => series.map((one) => valueOf(one, name) ?? 0)).filter((value) => value > 0);
    const axes = barPanel(chart, {
      ...{ left: 80 + i * 540, top: 60, width: 440, height: 270, title: `(${'AB'[i]}) ${level}-level` },
      ...{ y: { label: 'seconds', from: Math.min(...values) / 2, to: Math.max(...values) * 2 } },
    });
    groups.forEach((name, group) =>
      series.forEach((one, bar) => {
        const value = valueOf(one, name);
        if (value === undefined) return;
        const x = 440 * (0.05 + group * 0.5) + bar * 60;
        axes.bar({ x, width: 52, value, colour: COLOURS[one], text: short(value) });
        if (bar === 1) chart.text(axes.left + x + 26, 350, `${name.split(' ')[1]} preview`, { anchor: 'middle' });
      }),
    );
    const lines = series.map((one) => `${NAMES[one]}: ${describe(one, level, statistics)}`);
    lines.forEach((line, row) => {
      chart.square(axes.left, 375 + row * 22, COLOURS[series[row]!]);
      chart.text(axes.left + 18, 385 + row * 22, line);
    });
  });
  return chart.svg();
}

function describe(one: Series, level: Level, statistics: Scope['statistics']): string {
  if (one === 'published') return `p ${PUBLISHED.statistics[level].p}, PCC ${PUBLISHED.statistics[level].pcc}`;
  const { p = null, pcc = null, n = 0 } = statistics[one]?.[level] ?? {};
  return p === null || pcc === null
    ? 'too few pairs for a test'
    : `p = ${probability(p)}, PCC ${pcc.toFixed(3)} (n = ${n})`;
}

const SHADES = ['#8ecae6', '#219ebc', '#fb8500', '#9b2226'];
const COUNTS = ['1 image', '2 images', '3 images', '4 or more'];

/** Fig. 6: total first-viewable time of each patient against the total size of the patient's images, by their number. */
export function drawFigure6(records: readonly PaperRecord[]): string {
  const chart = createChart({
    width: 1100,
    height: 470,
    title: 'Patient-level with preview: total first-viewable time',
  });
  const own = joinRecords(records).filter((one) => one.level === 'patient' && one.withPreview);
  IMPLEMENTATIONS.forEach((implementation, i) => {
    const mine = own.filter((one) => one.implementation === implementation);
    if (mine.length === 0) return;
    const units = new Map(mine.map((one) => [one.unit, one]));
    const points = [...byUnit(mine)].map(([unit, seconds]) => {
      const { byteCount, images } = units.get(unit)!;
      return { x: byteCount / 1024, y: seconds, shade: Math.min(images, 4) - 1 };
    });
    const axes = dotPanel(chart, {
      ...{ left: 80 + i * 540, top: 60, width: 440, height: 310, title: `(${'AB'[i]}) ${NAMES[implementation]}` },
      x: { label: 'total image size of the patient (KB)', ...range(points.map(({ x }) => x)) },
      y: { label: 'seconds', ...range(points.map(({ y }) => y)) },
    });
    points.forEach(({ x, y, shade }) => axes.dot({ x, y, colour: SHADES[shade]! }));
  });
  COUNTS.forEach((label, i) => {
    chart.square(80 + i * 130, 435, SHADES[i]!);
    chart.text(98 + i * 130, 445, label);
  });
  return chart.svg();
}

function range(values: readonly number[]): { from: number; to: number } {
  return { from: Math.min(...values) / 1.5, to: Math.max(...values) * 1.5 };
}

function short(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(1) : value.toFixed(2);
}
