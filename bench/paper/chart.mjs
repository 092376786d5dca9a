const font = 'DejaVu Sans, Helvetica, Arial, sans-serif';

/** A drawing in SVG; positions in pixels. */
export function openChart({ width, height, title }) {
  const parts = [];
  const chart = {
    add: (part) => parts.push(part),
    text: (x, y, text, { anchor = 'start', size = 13, rotate = 0, weight = 'normal' } = {}) =>
      parts.push(
        `<text x="${round(x)}" y="${round(y)}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}"` +
          `${rotate ? ` transform="rotate(${rotate} ${round(x)} ${round(y)})"` : ''}>${escape(text)}</text>`,
      ),
    line: (x1, y1, x2, y2, colour) =>
      parts.push(`<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}" stroke="${colour}"/>`),
    square: (x, y, colour) => parts.push(`<rect x="${x}" y="${y}" width="12" height="12" fill="${colour}"/>`),
    svg: () =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${font}">\n` +
      `<rect width="${width}" height="${height}" fill="white"/>\n${parts.join('\n')}\n</svg>\n`,
  };
  chart.text(width / 2, 28, title, { anchor: 'middle', size: 17, weight: 'bold' });
  return chart;
}

/** Axes in a rectangle of the chart, logarithmic; `x` may be left out for bars. */
export function panel(chart, { left, top, width, height, title, x, y }) {
  const bottom = top + height;
  const placeY = (value) => bottom - height * part(value, y);
  const placeX = (value) => left + width * part(value, x);
  chart.text(left + width / 2, top - 8, title, { anchor: 'middle', size: 14 });
  for (const tick of ticks(y)) {
    chart.line(left, placeY(tick), left + width, placeY(tick), '#e4e4e4');
    chart.text(left - 8, placeY(tick) + 4, label(tick), { anchor: 'end', size: 12 });
  }
  chart.text(left - 55, top + height / 2, `${y.label} (log)`, { anchor: 'middle', rotate: -90 });
  if (x) {
    for (const tick of ticks(x)) {
      chart.line(placeX(tick), top, placeX(tick), bottom, '#e4e4e4');
      chart.text(placeX(tick), bottom + 18, label(tick), { anchor: 'middle', size: 12 });
    }
    chart.text(left + width / 2, bottom + 40, `${x.label} (log)`, { anchor: 'middle' });
  }
  chart.line(left, top, left, bottom, '#444');
  chart.line(left, bottom, left + width, bottom, '#444');
  return {
    left,
    bar: ({ x: offset, width: barWidth, value, colour, text }) => {
      const y1 = placeY(value);
      chart.add(
        `<rect x="${round(left + offset)}" y="${round(y1)}" width="${barWidth}" height="${round(bottom - y1)}" fill="${colour}"/>`,
      );
      chart.text(left + offset + barWidth / 2, y1 - 5, text, { anchor: 'middle', size: 12 });
    },
    dot: ({ x: xValue, y: yValue, colour }) =>
      chart.add(
        `<circle cx="${round(placeX(xValue))}" cy="${round(placeY(yValue))}" r="6" fill="${colour}" stroke="#333" stroke-width="0.7"/>`,
      ),
  };
}

const part = (value, { from, to }) => Math.log(value / from) / Math.log(to / from);

/** So many of each power of ten that there are a few in all. */
function ticks({ from, to }) {
  const steps = to / from > 1000 ? [1] : to / from > 20 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 8];
  const all = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.log10(to); power++)
    all.push(...steps.map((step) => step * 10 ** power));
  return all.filter((tick) => tick >= from && tick <= to);
}

const label = (tick) => (tick >= 1 ? tick.toLocaleString('en') : String(Number(tick.toPrecision(2))));
const round = (value) => Math.round(value * 10) / 10;
const escape = (text) => text.replace(/[&<>]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[sign]);
