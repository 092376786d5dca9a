const WIDTH = 460;
const HEIGHT = 300;
const MARGIN = { left: 52, right: 14, top: 34, bottom: 74 };
const COLOURS = ['#1b6ca8', '#d1495b', '#2e8b57', '#8d6a9f', '#c98a1b', '#555555'];
const TICKS = [1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10];

export interface PlotSeries {
  name: string;
  points: (readonly [x: number, y: number])[];
  /** Dots in place of a line. */
  dots?: boolean;
  dashed?: boolean;
  /** Which colour; the series' own place unless given. */
  colour?: number;
}

export interface PlotPanel {
  title: string;
  /** From 0 unless logarithmic. */
  x: { label: string; log?: boolean };
  /** From 0 to `most`, or to the largest value. */
  y: { label: string; most?: number };
  series: PlotSeries[];
}

/** Line plots as SVG: a few panels beside and below each other. */
export function linePlots(panels: readonly PlotPanel[], columns = 2): string {
  const rows = Math.ceil(panels.length / columns);
  const body = panels.map(
    (panel, i) =>
      `<g transform="translate(${(i % columns) * WIDTH},${Math.floor(i / columns) * HEIGHT})">${draw(panel)}</g>`,
  );
  const size = [columns * WIDTH, rows * HEIGHT];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.join(' ')}" width="${size[0]}" height="${size[1]}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="white"/>
${body.join('\n')}
</svg>
`;
}

function draw({ title, x, y, series }: PlotPanel): string {
  const points = series.flatMap(({ points: of }) => of);
  const xs = [...new Set(points.map(([value]) => value))].sort((a, b) => a - b);
  const top = niceTop(y.most ?? Math.max(...points.map(([, value]) => value)));
  const scale = (value: number): number => (x.log ? Math.log(value) : value);
  const [from, to] = [x.log ? scale(xs[0] ?? NaN) : 0, scale(xs.at(-1) ?? NaN)];
  const px = (value: number): number =>
    round(MARGIN.left + ((scale(value) - from) / (to - from)) * (WIDTH - MARGIN.left - MARGIN.right));
  const py = (value: number): number =>
    round(HEIGHT - MARGIN.bottom - (Math.min(value, top) / top) * (HEIGHT - MARGIN.top - MARGIN.bottom));
  const steps = Array.from({ length: 6 }, (_, i) => (top / 5) * i);
  const parts = [
    `<text x="${MARGIN.left}" y="20" font-size="13" font-weight="bold">${escape(title)}</text>`,
    ...steps.map(
      (value) =>
        `<path d="M${MARGIN.left} ${py(value)}H${WIDTH - MARGIN.right}" stroke="#ddd"/><text x="${MARGIN.left - 6}" y="${py(value) + 4}" text-anchor="end">${Number(value.toPrecision(3))}</text>`,
    ),
    ...xs.map(
      (value) => `<text x="${px(value)}" y="${HEIGHT - MARGIN.bottom + 14}" text-anchor="middle">${value}</text>`,
    ),
    `<text x="${(MARGIN.left + WIDTH - MARGIN.right) / 2}" y="${HEIGHT - MARGIN.bottom + 28}" text-anchor="middle">${escape(x.label)}</text>`,
    `<text transform="translate(13,${(HEIGHT - MARGIN.bottom + MARGIN.top) / 2}) rotate(-90)" text-anchor="middle">${escape(y.label)}</text>`,
  ];
  series.forEach(({ name, points: of, dots, dashed, colour }, i) => {
    const stroke = COLOURS[colour ?? i];
    if (dots) parts.push(...of.map(([vx, vy]) => `<circle cx="${px(vx)}" cy="${py(vy)}" r="4" fill="${stroke}"/>`));
    else
      parts.push(
        `<path d="${of.map(([vx, vy], k) => `${k ? 'L' : 'M'}${px(vx)} ${py(vy)}`).join('')}" fill="none" stroke="${stroke}" stroke-width="2"${dashed ? ' stroke-dasharray="5 4"' : ''}/>`,
      );
    const [kx, ky] = [MARGIN.left + (i % 2) * 200, HEIGHT - MARGIN.bottom + 44 + Math.floor(i / 2) * 14];
    parts.push(
      dots
        ? `<circle cx="${kx + 9}" cy="${ky - 4}" r="4" fill="${stroke}"/>`
        : `<path d="M${kx} ${ky - 4}h18" stroke="${stroke}" stroke-width="2"${dashed ? ' stroke-dasharray="5 4"' : ''}/>`,
      `<text x="${kx + 24}" y="${ky}">${escape(name)}</text>`,
    );
  });
  return parts.join('\n');
}

function niceTop(most: number): number {
  const unit = 10 ** Math.floor(Math.log10(most));
  return TICKS.map((step) => step * unit).find((value) => value >= most) ?? most;
}

const round = (value: number): number => Math.round(value * 10) / 10;
const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
