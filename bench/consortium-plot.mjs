// Line plots as SVG: a few panels beside and below each other, nothing more.

const width = 460;
const height = 300;
const margin = { left: 52, right: 14, top: 34, bottom: 74 };
const colours = ['#1b6ca8', '#d1495b', '#2e8b57', '#8d6a9f', '#c98a1b', '#555555'];

/** `panels`: `{title, x, y, series: [{name, points: [[x, y]], dots, dashed}]}`; both axes from 0, or x logarithmic. */
export function svg(panels, columns = 2) {
  const rows = Math.ceil(panels.length / columns);
  const body = panels.map(
    (panel, i) =>
      `<g transform="translate(${(i % columns) * width},${Math.floor(i / columns) * height})">${draw(panel)}</g>`,
  );
  const size = [columns * width, rows * height];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.join(' ')}" width="${size[0]}" height="${size[1]}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="white"/>
${body.join('\n')}
</svg>
`;
}

function draw({ title, x, y, series }) {
  const points = series.flatMap(({ points: of }) => of);
  const xs = [...new Set(points.map(([value]) => value))].sort((a, b) => a - b);
  const top = niceTop(y.most ?? Math.max(...points.map(([, value]) => value)));
  const scale = (value) => (x.log ? Math.log(value) : value);
  const [from, to] = [x.log ? scale(xs[0]) : 0, scale(xs.at(-1))];
  const px = (value) =>
    round(margin.left + ((scale(value) - from) / (to - from)) * (width - margin.left - margin.right));
  const py = (value) =>
    round(height - margin.bottom - (Math.min(value, top) / top) * (height - margin.top - margin.bottom));
  const steps = Array.from({ length: 6 }, (_, i) => (top / 5) * i);
  const parts = [
    `<text x="${margin.left}" y="20" font-size="13" font-weight="bold">${escape(title)}</text>`,
    ...steps.map(
      (value) =>
        `<path d="M${margin.left} ${py(value)}H${width - margin.right}" stroke="#ddd"/><text x="${margin.left - 6}" y="${py(value) + 4}" text-anchor="end">${Number(value.toPrecision(3))}</text>`,
    ),
    ...xs.map(
      (value) => `<text x="${px(value)}" y="${height - margin.bottom + 14}" text-anchor="middle">${value}</text>`,
    ),
    `<text x="${(margin.left + width - margin.right) / 2}" y="${height - margin.bottom + 28}" text-anchor="middle">${escape(x.label)}</text>`,
    `<text transform="translate(13,${(height - margin.bottom + margin.top) / 2}) rotate(-90)" text-anchor="middle">${escape(y.label)}</text>`,
  ];
  series.forEach(({ name, points: of, dots, dashed, colour }, i) => {
    const stroke = colours[colour ?? i];
    if (dots) parts.push(...of.map(([vx, vy]) => `<circle cx="${px(vx)}" cy="${py(vy)}" r="4" fill="${stroke}"/>`));
    else
      parts.push(
        `<path d="${of.map(([vx, vy], k) => `${k ? 'L' : 'M'}${px(vx)} ${py(vy)}`).join('')}" fill="none" stroke="${stroke}" stroke-width="2"${dashed ? ' stroke-dasharray="5 4"' : ''}/>`,
      );
    const [kx, ky] = [margin.left + (i % 2) * 200, height - margin.bottom + 44 + Math.floor(i / 2) * 14];
    parts.push(
      dots
        ? `<circle cx="${kx + 9}" cy="${ky - 4}" r="4" fill="${stroke}"/>`
        : `<path d="M${kx} ${ky - 4}h18" stroke="${stroke}" stroke-width="2"${dashed ? ' stroke-dasharray="5 4"' : ''}/>`,
      `<text x="${kx + 24}" y="${ky}">${escape(name)}</text>`,
    );
  });
  return parts.join('\n');
}

function niceTop(most) {
  const unit = 10 ** Math.floor(Math.log10(most));
  return [1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10].map((step) => step * unit).find((value) => value >= most);
}

const round = (value) => Math.round(value * 10) / 10;
const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
