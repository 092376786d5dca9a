const FONT = 'DejaVu Sans, Helvetica, Arial, sans-serif';

export interface TextOptions {
  anchor?: 'start' | 'middle' | 'end';
  size?: number;
  /** Degrees. */
  rotate?: number;
  weight?: 'normal' | 'bold';
}

/** A drawing in SVG; positions in pixels. */
export interface Chart {
  /** An element of SVG. */
  add: (part: string) => void;
  text: (x: number, y: number, text: string, options?: TextOptions) => void;
  line: (x1: number, y1: number, x2: number, y2: number, colour: string) => void;
  square: (x: number, y: number, colour: string) => void;
  svg: () => string;
}

/** Logarithmic. */
export interface Axis {
  label: string;
  from: number;
  to: number;
}

export interface PanelOptions {
  left: number;
  top: number;
  width: number;
  height: number;
  title: string;
  y: Axis;
}

/** Bars in a rectangle of a chart: `x` in pixels from its left. */
export interface BarPanel {
  left: number;
  bar: (bar: { x: number; width: number; value: number; colour: string; text: string }) => void;
}

export interface DotPanel {
  dot: (dot: { x: number; y: number; colour: string }) => void;
}

export function createChart({ width, height, title }: { width: number; height: number; title: string }): Chart {
  const parts: string[] = [];
  const chart: Chart = {
    add: (part) => void parts.push(part),
    text: (x, y, text, { anchor = 'start', size = 13, rotate = 0, weight = 'normal' } = {}) =>
      void parts.push(
        `<text x="${round(x)}" y="${round(y)}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}"` +
          `${rotate ? ` transform="rotate(${rotate} ${round(x)} ${round(y)})"` : ''}>${escape(text)}</text>`,
      ),
    line: (x1, y1, x2, y2, colour) =>
      void parts.push(
        `<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${colour}"/>`,
      ),
    square: (x, y, colour) => void parts.push(`<rect x="${x}" y="${y}" width="12" height="12" fill="${colour}"/>`),
    svg: () =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}">\n` +
      `<rect width="${width}" height="${height}" fill="white"/>\n${parts.join('\n')}\n</svg>\n`,
  };
  chart.text(width / 2, 28, title, { anchor: 'middle', size: 17, weight: 'bold' });
  return chart;
}

/** A rectangle of the chart for bars: an axis of values. */
export function barPanel(chart: Chart, { left, top, width, height, title, y }: PanelOptions): BarPanel {
  const bottom = top + height;
  const placeY = (value: number): number => bottom - height * part(value, y);
  drawFrame(chart, { left, top, width, height, title, y });
  drawSides(chart, { left, top, width, bottom });
  return {
    left,
    bar: ({ x: offset, width: barWidth, value, colour, text }) => {
      const y1 = placeY(value);
      chart.add(
        `<rect x="${round(left + offset)}" y="${round(y1)}" width="${barWidth}" height="${round(bottom - y1)}" fill="${colour}"/>`,
      );
      chart.text(left + offset + barWidth / 2, y1 - 5, text, { anchor: 'middle', size: 12 });
    },
  };
}

/** A rectangle of the chart for dots: two axes. */
export function dotPanel(chart: Chart, { x, ...options }: PanelOptions & { x: Axis }): DotPanel {
  const { left, top, width, height, y } = options;
  const bottom = top + height;
  const placeY = (value: number): number => bottom - height * part(value, y);
  const placeX = (value: number): number => left + width * part(value, x);
  drawFrame(chart, options);
  for (const tick of ticks(x)) {
    chart.line(placeX(tick), top, placeX(tick), bottom, '#e4e4e4');
    chart.text(placeX(tick), bottom + 18, label(tick), { anchor: 'middle', size: 12 });
  }
  chart.text(left + width / 2, bottom + 40, `${x.label} (log)`, { anchor: 'middle' });
  drawSides(chart, { left, top, width, bottom });
  return {
    dot: ({ x: xValue, y: yValue, colour }) =>
      chart.add(
        `<circle cx="${round(placeX(xValue))}" cy="${round(placeY(yValue))}" r="6" fill="${colour}" stroke="#333" stroke-width="0.7"/>`,
      ),
  };
}

/** Title and vertical axis. */
function drawFrame(chart: Chart, { left, top, width, height, title, y }: PanelOptions): void {
  const placeY = (value: number): number => top + height - height * part(value, y);
  chart.text(left + width / 2, top - 8, title, { anchor: 'middle', size: 14 });
  for (const tick of ticks(y)) {
    chart.line(left, placeY(tick), left + width, placeY(tick), '#e4e4e4');
    chart.text(left - 8, placeY(tick) + 4, label(tick), { anchor: 'end', size: 12 });
  }
  chart.text(left - 55, top + height / 2, `${y.label} (log)`, { anchor: 'middle', rotate: -90 });
}

function drawSides(
  chart: Chart,
  { left, top, width, bottom }: { left: number; top: number; width: number; bottom: number },
): void {
  chart.line(left, top, left, bottom, '#444');
  chart.line(left, bottom, left + width, bottom, '#444');
}

const part = (value: number, { from, to }: Axis): number => Math.log(value / from) / Math.log(to / from);

/** So many of each power of ten that there are a few in all. */
function ticks({ from, to }: Axis): number[] {
  const steps = to / from > 1000 ? [1] : to / from > 20 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 8];
  const all: number[] = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.log10(to); power++)
    all.push(...steps.map((step) => step * 10 ** power));
  return all.filter((tick) => tick >= from && tick <= to);
}

const label = (tick: number): string => (tick >= 1 ? tick.toLocaleString('en') : String(Number(tick.toPrecision(2))));
const round = (value: number): number => Math.round(value * 10) / 10;
const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
