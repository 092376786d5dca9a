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
    ...{ total: 'Total number of images', jpg: 'JPG', png: 'PNG' },
    ...{ maximumKB: 'Image size (KB): maximum', minimumKB: 'minimum', medianKB: 'median', averageKB: 'average' },
  },
  patients: {
    ...{ total: 'Total number of patients', imagesMaximum: 'Images per patient: maximum', imagesMinimum: 'minimum' },
    ...{ imagesMedian: 'median', imagesAverage: 'average', maximumKB: 'Total image size of a patient (KB): maximum' },
    ...{ minimumKB: 'minimum', medianKB: 'median', averageKB: 'average' },
  },
};

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

/** One line a value: table, preview, statistic, whose value it is, value, deviation between the repeats. */
export function csvLines(table, { columns, rows }) {
  const first = columns.findIndex((column) => column.startsWith('paper'));
  return rows.flatMap((row) =>
    columns.slice(first).map((source, i) => {
      const [value, deviation = ''] = row[first + i].split(' ± ').map((text) => text.replaceAll(',', ''));
      return [table, first === 2 ? row[0] : '', `"${row[first - 1]}"`, `"${source}"`, value, deviation].join(',');
    }),
  );
}

export const seconds = (value) => (value === undefined ? '' : value.toFixed(3));
const withDeviation = (value) => (value === undefined ? '' : `${seconds(value.mean)} ± ${seconds(value.sd)}`);
const rounded = (value, digits) => Number(value.toFixed(digits));

/** Three significant digits. */
export const significant = (value) => Number(value.toPrecision(3)).toLocaleString('en');
