import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { drawFigure5, drawFigure6 } from './figures.mjs';
import { goalsOf } from './goals.mjs';
import { methods } from './passes.mjs';
import { published } from './published.mjs';
import { csv, describeData, markdown, significant, table1, timesTable } from './tables.mjs';
import { joinRecords, summarise } from './summary.mjs';
import { reportText } from './report-text.mjs';
import { withoutLanes } from './without-lanes.mjs';

/**
 * Writes paper.md, paper.json, the tables and every measurement as CSV, and the figures into `folder`.
 * @param {{folder: string, about: object, records: object[], data: {folder: object[], sample: object[], added?: object}}} run
 */
export async function writeReport({ folder, about, records: measuredRecords, data }) {
  mkdirSync(folder, { recursive: true });
  const { lanes, pieceMsAlone, pieceMsAloneAfter } = about.calibration;
  const { records, pieceMsInRun } = withoutLanes(measuredRecords, {
    ...{ lanes, pieceMsAlone: (pieceMsAlone + pieceMsAloneAfter) / 2 },
  });
  about.calibration.pieceMsInRun = pieceMsInRun;
  const summary = summarise(records, about.settings);
  const goals = goalsOf(summary);
  const described = {
    folder: describeData(data.folder),
    sample: describeData(data.sample),
    ...(data.added && { withAdded: describeData([...data.sample, data.added]) }),
  };
  const { sample, withoutAddedImage } = summary.scopes;
  const tables = {
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
  const json = { about, data: described, published, ...summary, ratios, goals };
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

const measured = [
  ...['implementation', 'level', 'withPreview', 'repeat', 'unit', 'images', 'byteCount', 'transactions'],
  ...['previewBytes', 'storingMs', 'firstViewableStoringMs', 'loadingMs', 'firstViewableLoadingMs'],
];

/** Every single measurement as it was taken: one line a patient or image. */
function measurementLines(records) {
  const lines = joinRecords(records).map((record) =>
    measured.map((key) => (key.endsWith('Ms') ? record[key]?.toFixed(1) : (record[key] ?? ''))).join(','),
  );
  return `${[measured.join(','), ...lines].join('\n')}\n`;
}

function asMarkdown(tables) {
  return Object.fromEntries(Object.entries(tables).map(([name, table]) => [name, markdown(table)]));
}

/** Transactions of one pass, and what part of them the preview is. */
function transactionRows({ transactions }) {
  const share = (own, level) => {
    const [without, withIt] = ['without', 'with'].map((preview) => own?.[`${level} ${preview} preview`]?.count);
    return without && withIt ? `${significant((100 * (withIt - without)) / withIt)} %` : '';
  };
  const rows = methods.map(({ name, withPreview }) => {
    const { pieces, previews } = published.transactions;
    return [
      name,
      (withPreview ? pieces + previews : pieces).toLocaleString('en'),
      ...['paper', 'ours'].map((one) => Math.round(transactions[one]?.[name]?.count ?? 0).toLocaleString('en')),
    ];
  });
  for (const level of ['patient-level', 'image-level'])
    rows.push([
      `the preview's share, ${level}`,
      '4.8 %',
      share(transactions.paper, level),
      share(transactions.ours, level),
    ]);
  const bytesShare = (own) => {
    const { previewBytes, byteCount } = own?.['image-level with preview'] ?? {};
    return byteCount ? `${significant((100 * previewBytes) / (previewBytes + byteCount))} %` : '';
  };
  rows.push(["the preview's share of the bytes", '', bytesShare(transactions.paper), bytesShare(transactions.ours)]);
  return markdown({ columns: ['transactions', 'paper, as published', "paper's method here", 'dicom-ledger'], rows });
}
