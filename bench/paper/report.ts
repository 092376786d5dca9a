import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import type { Patient } from './data-set.js';
import { drawFigure5, drawFigure6 } from './figures.js';
import { goalsOf } from './goals.js';
import { METHODS } from './passes.js';
import { PUBLISHED } from './published.js';
import { type JoinedRecord, joinRecords, type PaperRecord } from './records.js';
import { type About, reportText } from './report-text.js';
import type { Calibration } from './state.js';
import { type PassFigures, summarise, type Summary } from './summary.js';
import { csv, type Described, describeData, markdown, significant, type Table, table1, timesTable } from './tables.js';
import { withoutLanes } from './without-lanes.js';

export interface ReportedRun {
  folder: string;
  about: Omit<About, 'calibration'> & { calibration: Calibration & { pieceMsAloneAfter: number } };
  records: readonly PaperRecord[];
  data: { folder: readonly Patient[]; sample: readonly Patient[]; added?: Patient | undefined };
}

/**
 * Writes paper.md, paper.json, the tables and every measurement as CSV, and the figures into `folder`.
 */
export async function writeReport({
  folder,
  about: given,
  records: measuredRecords,
  data,
}: ReportedRun): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const { lanes, pieceMsAlone, pieceMsAloneAfter } = given.calibration;
  const { records, pieceMsInRun } = withoutLanes(measuredRecords, {
    ...{ lanes, pieceMsAlone: (pieceMsAlone + pieceMsAloneAfter) / 2 },
  });
  const about: About = { ...given, calibration: { ...given.calibration, pieceMsInRun } };
  const summary = summarise(records, about.settings);
  const goals = goalsOf(summary);
  const described: Described = {
    folder: describeData(data.folder),
    sample: describeData(data.sample),
    ...(data.added && { withAdded: describeData([...data.sample, data.added]) }),
  };
  const { sample, withoutAddedImage } = summary.scopes;
  const tables: Record<string, Table> = {
    1: table1(described),
    2: timesTable('patient', sample),
    3: timesTable('image', sample),
    ...(withoutAddedImage && {
      '2, without the added image': timesTable('patient', withoutAddedImage),
      '3, without the added image': timesTable('image', withoutAddedImage),
    }),
  };
  const figures = { 'paper-figure-5': drawFigure5(sample), 'paper-figure-6': drawFigure6(records) };
  for (const [name, svg] of Object.entries(figures)) {
    writeFileSync(path.join(folder, `${name}.svg`), svg);
    await sharp(Buffer.from(svg), { density: 144 })
      .png()
      .toFile(path.join(folder, `${name}.png`));
  }
  for (const [name, table] of Object.entries(tables))
    writeFileSync(path.join(folder, `paper-table-${name.replaceAll(/\W+/g, '-')}.csv`), csv(table));
  writeFileSync(path.join(folder, 'paper-measurements.csv'), measurementLines(measuredRecords));
  const ratios = {
    ...sample.ratios,
    'whole sample, 8 in flight': summary.wholeSample.ratios.eightInFlight,
    'whole sample, one at a time': summary.wholeSample.ratios.oneAtATime,
    "first view with preview, against the paper's method without": Object.fromEntries(
      Object.entries(sample.firstView).map(([level, { ratioToPaperWithoutPreview }]) => [
        level,
        ratioToPaperWithoutPreview,
      ]),
    ),
  };
  const json = { about, data: described, published: PUBLISHED, ...summary, ratios, goals };
  writeFileSync(path.join(folder, 'paper.json'), `${JSON.stringify(json, null, 1)}\n`);
  const text = reportText({
    about,
    summary,
    goals,
    transactions: transactionRows(summary),
    tables: asMarkdown(tables),
  });
  writeFileSync(path.join(folder, 'paper.md'), text);
}

const MEASURED: (keyof JoinedRecord)[] = [
  ...(['implementation', 'level', 'withPreview', 'repeat', 'unit', 'images', 'byteCount', 'transactions'] as const),
  ...(['previewBytes', 'storingMs', 'firstViewableStoringMs', 'loadingMs', 'firstViewableLoadingMs'] as const),
];

/** Every single measurement as it was taken: one line a patient or image. */
function measurementLines(records: readonly PaperRecord[]): string {
  const cell = (record: JoinedRecord, key: keyof JoinedRecord): string => {
    const value = record[key];
    return key.endsWith('Ms') && typeof value === 'number' ? value.toFixed(1) : String(value ?? '');
  };
  const lines = joinRecords(records).map((record) => MEASURED.map((key) => cell(record, key)).join(','));
  return `${[MEASURED.join(','), ...lines].join('\n')}\n`;
}

function asMarkdown(tables: Record<string, Table>): Record<string, string> {
  return Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, markdown(table)]));
}

/** Transactions of one pass, and what part of them the preview is. */
function transactionRows({ transactions }: Summary): string {
  const share = (own: Record<string, PassFigures> | undefined, level: string): string => {
    const [without, withIt] = ['without', 'with'].map((preview) => own?.[`${level} ${preview} preview`]?.count);
    return without && withIt ? `${significant((100 * (withIt - without)) / withIt)} %` : '';
  };
  const rows = METHODS.map(({ name, withPreview }) => {
    const { pieces, previews } = PUBLISHED.transactions;
    return [
      name,
      (withPreview ? pieces + previews : pieces).toLocaleString('en'),
      ...(['paper', 'ours'] as const).map((one) =>
        Math.round(transactions[one]?.[name]?.count ?? 0).toLocaleString('en'),
      ),
    ];
  });
  for (const level of ['patient-level', 'image-level'])
    rows.push([
      `the preview's share, ${level}`,
      '4.8 %',
      share(transactions.paper, level),
      share(transactions.ours, level),
    ]);
  const bytesShare = (own: Record<string, PassFigures> | undefined): string => {
    const { previewBytes = 0, byteCount = 0 } = own?.['image-level with preview'] ?? {};
    return byteCount ? `${significant((100 * previewBytes) / (previewBytes + byteCount))} %` : '';
  };
  rows.push(["the preview's share of the bytes", '', bytesShare(transactions.paper), bytesShare(transactions.ours)]);
  return markdown({ columns: ['transactions', 'paper, as published', "paper's method here", 'dicom-ledger'], rows });
}
