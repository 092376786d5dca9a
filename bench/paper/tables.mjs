import { methods } from './passes.mjs';
import { published } from './published.mjs';
import { mean, median } from './statistics.mjs';
import { measures } from './summary.mjs';

export const measureNames = {
  storing: '(A) Average storing time',
  firstViewableStoring: '(B) Average first-viewable storing time',
  loading: '(C) Average loading time',
  firstViewableLoading: '(D) Average first-viewable loading time',
  totalFirstViewable: '(E) Average total first-viewable time = (B) + (D)',
};

/** Table 1 of any patients, KB of 1,024 bytes. */
export function describeData(patients) {
  const images = patients.flatMap((patient) => patient.images);
  const ofType = (type) => images.filter(({ mediaType }) => mediaType === type).length;
  const kilobytes = (items) => items.map(({ byteCount }) => byteCount / 1024);
  const counts = patients.map((patient) => patient.images.length);
  return {
    images: {
      ...{ total: images.length, jpg: ofType('image/jpeg'), png: ofType('image/png') },
      ...sizes(kilobytes(images)),
    },
    patients: {
      ...{ total: patients.length, imagesMaximum: Math.max(...counts), imagesMinimum: Math.min(...counts) },
      ...{ imagesMedian: median(counts), imagesAverage: rounded(mean(counts), 1) },
      ...sizes(kilobytes(patients)),
    },
  };
}

function sizes(values) {
  const [maximumKB, minimumKB] = [Math.max(...values), Math.min(...values)];
  const all = { maximumKB, minimumKB, medianKB: median(values), averageKB: mean(values) };
  return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, Math.round(value)]));
}

const statistics = {
  images: {
    ...{ total: 'Images', jpg: 'JPG', png: 'PNG' },
    ...sizeNames('Image size (KB)'),
  },
  patients: {
    ...{
      total: 'Patients',
      imagesMaximum: 'Images of a patient: maximum',
      imagesMinimum: 'Images of a patient: minimum',
    },
    ...{ imagesMedian: 'Images of a patient: median', imagesAverage: 'Images of a patient: average' },
    ...sizeNames('Total image size of a patient (KB)'),
  },
};

function sizeNames(what) {
  const names = { maximumKB: 'maximum', minimumKB: 'minimum', medianKB: 'median', averageKB: 'average' };
  return Object.fromEntries(Object.entries(names).map(([key, name]) => [key, `${what}: ${name}`]));
}

/** Rows of Table 1: what it is, as published, the folder, the sample, and the sample with the image that was added. */
export function table1({ folder, sample, withAdded }) {
  const rows = [];
  for (const [category, names] of Object.entries(statistics))
    for (const [key, name] of Object.entries(names)) {
      const values = [published, folder, sample, withAdded].filter(Boolean).map((data) => data[category][key]);
      rows.push([name, ...values.map((value) => value.toLocaleString('en'))]);
    }
  const columns = ['statistic', 'paper, as published', 'folder', 'sample'];
  return { columns: withAdded ? [...columns, 'sample with the added image'] : columns, rows };
}

/** Rows of Table 2 (patient) or 3 (image), in seconds. */
export function timesTable(level, { times, ratios }) {
  const rows = [];
  for (const { name, withPreview } of methods.filter((method) => method.level === level))
    for (const measure of Object.keys(measures))
      rows.push([
        withPreview ? 'yes' : 'no',
        measureNames[measure],
        seconds(published.times[name][measure]),
        withDeviation(times.paper?.[name]?.[measure]),
        withDeviation(times.ours?.[name]?.[measure]),
        ratios[name] ? `${significant(ratios[name][measure])}` : '',
      ]);
  const columns = ['preview', 'seconds', 'paper, as published', "paper's method here", 'dicom-ledger', 'ratio'];
  return { columns, rows };
}

export function markdown({ columns, rows }) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The same columns, and after each that has deviations one of its own for them. */
export function csv({ columns, rows }) {
  const deviates = columns.map((_, i) => rows.some((row) => row[i].includes(' ± ')));
  const cells = (row, deviationOf) =>
    row.flatMap((text, i) => {
      const [value, deviation = ''] = text.split(' ± ');
      return deviates[i] ? [value, deviationOf(deviation, text)] : [value];
    });
  const lines = [
    cells(columns, (_, name) => `${name}, deviation`),
    ...rows.map((row) => cells(row, (deviation) => deviation).map(plain)),
  ];
  return `${lines.map((line) => line.map((cell) => (/[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')).join('\n')}\n`;
}

/** A number without commas between its thousands. */
function plain(text) {
  return /^[\d,.]+$/.test(text) ? text.replaceAll(',', '') : text;
}

export const seconds = (value) => (value === undefined ? '' : value.toFixed(3));
const withDeviation = (value) => (value === undefined ? '' : `${seconds(value.mean)} ± ${seconds(value.sd)}`);
const rounded = (value, digits) => Number(value.toFixed(digits));

/** A p-value. */
export const probability = (p) => (p < 0.001 ? p.toExponential(1) : p.toFixed(3));

/** Three significant digits. */
export const significant = (value) => Number(value.toPrecision(3)).toLocaleString('en');
