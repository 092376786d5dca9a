import type { MeasuredRow } from './results.js';

const LEFT = 420;
const WIDTH = 900;
const LINE = 18;
const TOP = 44;
const TICKS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100];
const COLOURS = { faster: '#2e8b57', slower: '#d1495b' };

/** The ratios of all rows as SVG: a bar from 1 to the median on a logarithmic axis, a line from the least to the most. */
export function ratioPlot(rows: readonly MeasuredRow[]): string {
  const known = rows.filter(({ ratio }) => ratio !== undefined);
  const height = TOP + known.length * LINE + 16;
  const [from, to] = [Math.log(TICKS[0]!), Math.log(TICKS.at(-1)!)];
  const px = (ratio: number): number =>
    Math.round(LEFT + ((Math.min(to, Math.max(from, Math.log(ratio))) - from) / (to - from)) * (WIDTH - LEFT - 20));
  const bars = known.map(({ name, ratio }, i) => {
    const { median, least, most } = ratio!;
    const y = TOP + i * LINE;
    const [a, b] = [px(Math.min(1, median)), px(Math.max(1, median))];
    const colour = median >= 1 ? COLOURS.faster : COLOURS.slower;
    return (
      `<text x="${LEFT - 8}" y="${y + 12}" text-anchor="end">${escape(name)}</text>` +
      `<rect x="${a}" y="${y + 3}" width="${Math.max(1, b - a)}" height="${LINE - 7}" fill="${colour}"/>` +
      `<path d="M${px(least)} ${y + 8.5}H${px(most)}" stroke="#333"/>`
    );
  });
  const ticks = TICKS.map(
    (tick) =>
      `<path d="M${px(tick)} ${TOP - 4}V${height - 12}" stroke="${tick === 1 ? '#333' : '#ddd'}"/>` +
      `<text x="${px(tick)}" y="${TOP - 8}" text-anchor="middle">${tick}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="white"/>
<text x="12" y="20" font-size="13" font-weight="bold">Ours : Orthanc, more is better</text>
${[...ticks, ...bars].join('\n')}
</svg>
`;
}

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
