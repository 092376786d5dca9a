import { interpolatedMedian } from '../statistics.js';
import type { Patient } from './data-set.js';
import { type Measure, measureNames } from './measures.js';
import { type Level, METHODS } from './passes.js';
import { type DescribedData, type DescribedSizes, PUBLISHED } from './published.js';
import { mean } from './statistics.js';
import type { MeanTime, Scope } from './summary.js';

export interface Table {
  columns: readonly string[];
  rows: readonly (readonly string[])[];
}

const TITLES: Record<Measure, string> = {
  storing: '(A) Average storing time',
  firstViewableStoring: '(B) Average first-viewable storing time',
  loading: '(C) Average loading time',
  firstViewableLoading: '(D) Average first-viewable loading time',
  totalFirstViewable: '(E) Average total first-viewable time = (B) + (D)',
};

/** Table 1 of any patients, KB of 1,024 bytes. */
export function describeData(patients: readonly Patient[]): DescribedData {
  const images = patients.flatMap((patient) => patient.images);
  const ofType = (type: string): number => images.filter(({ mediaType }) => mediaType === type).length;
  const kilobytes = (items: readonly { byteCount: number }[]): number[] =>
    items.map(({ byteCount }) => byteCount / 1024);
  const counts = patients.map((patient) => patient.images.length);
  return {
    images: {
      ...{ total: images.length, jpg: ofType('image/jpeg'), png: ofType('image/png') },
      ...sizes(kilobytes(images)),
    },
    patients: {
      ...{ total: patients.length, imagesMaximum: Math.max(...counts), imagesMinimum: Math.min(...counts) },
      ...{ imagesMedian: interpolatedMedian(counts), imagesAverage: rounded(mean(counts), 1) },
      ...sizes(kilobytes(patients)),
    },
  };
}

function sizes(values: readonly number[]): DescribedSizes {
  return {
    maximumKB: Math.round(Math.max(...values)),
    minimumKB: Math.round(Math.min(...values)),
    medianKB: Math.round(interpolatedMedian(values)),
    averageKB: Math.round(mean(values)),
  };
}

const STATISTICS: { [C in keyof DescribedData]: Record<keyof DescribedData[C], string> } = {
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

function sizeNames(what: string): Record<keyof DescribedSizes, string> {
  return {
    ...{ maximumKB: `${what}: maximum`, minimumKB: `${what}: minimum` },
    ...{ medianKB: `${what}: median`, averageKB: `${what}: average` },
  };
}

export interface Described {
  folder: DescribedData;
  sample: DescribedData;
  withAdded?: DescribedData;
}

/** Rows of Table 1: what it is, as published, the folder, the sample, and the sample with the image that was added. */
export function table1({ folder, sample, withAdded }: Described): Table {
  const all = [PUBLISHED, folder, sample, ...(withAdded ? [withAdded] : [])];
  const rows: string[][] = [];
  for (const [category, names] of Object.entries(STATISTICS) as [keyof DescribedData, Record<string, string>][])
    for (const [key, name] of Object.entries(names)) {
      const values = all.map((data) => (data[category] as unknown as Record<string, number>)[key]!);
      rows.push([name, ...values.map((value) => value.toLocaleString('en'))]);
    }
  const columns = ['statistic', 'paper, as published', 'folder', 'sample'];
  return { columns: withAdded ? [...columns, 'sample with the added image'] : columns, rows };
}

/** Rows of Table 2 (patient) or 3 (image), in seconds. */
export function timesTable(level: Level, { times, ratios }: Scope): Table {
  const rows: string[][] = [];
  for (const { name, withPreview } of METHODS.filter((method) => method.level === level))
    for (const measure of measureNames)
      rows.push([
        withPreview ? 'yes' : 'no',
        TITLES[measure],
        seconds(PUBLISHED.times[name]?.[measure]),
        withDeviation(times.paper?.[name]?.[measure]),
        withDeviation(times.ours?.[name]?.[measure]),
        ratios[name] ? significant(ratios[name][measure] ?? NaN) : '',
      ]);
  const columns = ['preview', 'seconds', 'paper, as published', "paper's method here", 'dicom-ledger', 'ratio'];
  return { columns, rows };
}

export function markdown({ columns, rows }: Table): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The same columns, and after each that has deviations one of its own for them. */
export function csv({ columns, rows }: Table): string {
  const deviates = columns.map((_, i) => rows.some((row) => row[i]?.includes(' ± ')));
  const cells = (row: readonly string[], deviationOf: (deviation: string, text: string) => string): string[] =>
    row.flatMap((text, i) => {
      const [value = '', deviation = ''] = text.split(' ± ');
      return deviates[i] ? [value, deviationOf(deviation, text)] : [value];
    });
  const lines = [
    cells(columns, (_, name) => `${name}, deviation`),
    ...rows.map((row) => cells(row, (deviation) => deviation).map(plain)),
  ];
  return `${lines.map((line) => line.map((cell) => (/[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')).join('\n')}\n`;
}

/** A number without commas between its thousands. */
function plain(text: string): string {
  return /^[\d,.]+$/.test(text) ? text.replaceAll(',', '') : text;
}

const seconds = (value: number | undefined): string => (value === undefined ? '' : value.toFixed(3));
const withDeviation = (value: MeanTime | undefined): string =>
  value === undefined ? '' : `${seconds(value.mean)} ± ${seconds(value.sd)}`;
const rounded = (value: number, digits: number): number => Number(value.toFixed(digits));

/** A p-value. */
export const probability = (p: number): string => (p < 0.001 ? p.toExponential(1) : p.toFixed(3));

/** Three significant digits. */
export const significant = (value: number): string => Number(value.toPrecision(3)).toLocaleString('en');
