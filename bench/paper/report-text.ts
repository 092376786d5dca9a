import type { PaperMachine } from './about.js';
import type { Goal } from './goals.js';
import { duration } from './progress.js';
import type { Calibration } from './state.js';
import type { Periods, Scope, Summary, WholeSample } from './summary.js';
import { markdown, probability, significant } from './tables.js';

export interface PaperSettings {
  data: string;
  patients: number;
  repeats: number;
  sites: number;
  periodSeconds: number;
  withLargest: boolean;
}

export type ReportedCalibration = Calibration & { pieceMsAloneAfter: number; pieceMsInRun: number };

/** What was run where, and when. */
export interface About {
  command: string;
  settings: PaperSettings;
  machine: PaperMachine;
  calibration: ReportedCalibration;
  added: { byteCount: number } | undefined;
  network: { gasLimit: number; contract: string; chainId: number };
  startedAt: string;
  endedAt: string;
  seconds: number;
}

export interface ReportParts {
  about: About;
  summary: Summary;
  goals: readonly Goal[];
  /** As Markdown, and so the tables by their names. */
  transactions: string;
  tables: Record<string, string>;
}

/** The report as Markdown. */
export function reportText({ about, summary, goals, transactions, tables }: ReportParts): string {
  const { settings, machine, calibration, added, network } = about;
  const { sites, periodSeconds, repeats, patients } = settings;
  return `# The paper's experiment

Li & Kuo, Int J Med Inform 2021;156:104599, §3.4, repeated with the paper's method and with dicom-ledger on one network.

\`${about.command}\`

| | |
|---|---|
| network | ${sites} sites on one machine: geth ${machine.geth}, Clique, a block every ${periodSeconds} s, ${network.gasLimit.toLocaleString('en')} gas a block |
| data | ${settings.data}: ${patients} of the patients, stored and loaded ${repeats} times with each method |
| machine | ${machine.processor}, ${machine.memoryGB} GB, ${machine.system}, Node ${machine.node} |
| commit | ${machine.commit}${machine.uncommittedChanges ? ' with uncommitted changes' : ''} |
| run | ${about.startedAt} to ${about.endedAt}, ${duration(about.seconds)} of measuring; load average before it ${machine.loadAverage.toFixed(1)} |

Times are in seconds: the mean over the repeats, ± the standard deviation between repeats. *Ratio* is the paper's method here divided by
dicom-ledger. ${added ? `No image of the folder is as large as the paper's largest, so one of ${Math.round(added.byteCount / 1024).toLocaleString('en')} KB was added as a patient of its own (16-bit noise); Tables 2 and 3 come with it and without. Each method stored it in the first repeat only, since that takes the paper's a third of an hour; \`8 in flight\` has it in each.` : ''}

## Goals

${goalTable(goals)}

## Storing the whole sample

Patient-level with preview.

${wholeTable(summary.wholeSample)}

## Table 1: the images

${tables[1]}

${['2', '3'].map((number) => timesSection(number, tables)).join('\n')}
## Statistics

Paired two-sample t-test and Pearson's correlation coefficient of the total first-viewable times without and with preview, by patient or image.

${statisticsTable(summary.scopes)}

First view of single images at the other site with dicom-ledger, in block periods: ${periods(summary.firstViewPeriods.oneAtATime)} one at a time,
${periods(summary.firstViewPeriods.eightInFlight)} with 8 in flight.

![Figure 5](paper-figure-5.svg)

![Figure 6](paper-figure-6.svg)

## Transactions of one pass

${transactions}

## How it was measured

The paper's method is \`bench/paper/PaperImages.sol\`: patients and images keyed by patient ID and file name, pieces of 30 KB in storage, two
primary functions and six getters. Our inferences, since no source was published: names and parameters of its functions; one transaction
a piece, the next only when the one before is in a block (18,396 pieces in 450 × 172.8 s are 4.2 s each); no transaction besides pieces and
previews (the paper counts none); a patient's first-viewable times are the sums of its images' (450 × 12.167 s are 920 × 6.0 s); an
image of at most 30 KB is its own preview; image-level is a patient for each image. It sends to its own site's node, asks it every
50 ms for a new block, and with each whether its transaction is in one. ${lanesText(calibration)}

With dicom-ledger an image goes to site 1 by STOW-RS, with the product's settings as they are. *Storing* ends with the answer, two blocks deep.
*First-viewable storing* ends when site 2 can show the image: its thumbnail, asked for every 20 ms; without preview the whole image
sealed. *Loading* is the list of the patient's images at site 2, the thumbnails where there are previews, and every file, none of which was
in its cache. For the methods without preview site 1's server runs with \`bench/paper/without-preview.ts\`, which makes its preview
function return nothing, so that none is stored. Its images go one after another; for *8 in flight* all of them are sent by eight clients.

Both: each patient, or image on image-level, begins at a random moment of a block period, the same with every method; loading is measured when nothing is being stored;
dicom-ledger's servers do not run while the paper's method does;
every loaded image was compared with what was stored; every repeat stores other bytes (a comment of another length in each file), since
dicom-ledger keeps equal pieces once.
`;
}

/** How many passes ran at once, and how that was taken out of the times. */
function lanesText({ lanes, pieceMsAlone, pieceMsAloneAfter, pieceMsInRun }: ReportedCalibration): string {
  if (lanes === 1) return 'Its passes ran one after another.';
  const alone = (pieceMsAlone + pieceMsAloneAfter) / 2;
  return (
    `${lanes} of its passes ran at once, each with its own account and contract, because a piece spends its time waiting for blocks: a piece took ` +
    `${ms(pieceMsInRun)} in the run, and alone ${ms(pieceMsAlone)} before it and ${ms(pieceMsAloneAfter)} after it. **All its storing times here are therefore multiplied by ` +
    `${(alone / pieceMsInRun).toFixed(3)}**, as if each pass had run alone; \`paper-measurements.csv\` has them as they were measured.`
  );
}

const ms = (value: number): string => `${(value / 1000).toFixed(2)} s`;

function goalTable(goals: readonly Goal[]): string {
  const verdict = (isMet: boolean | null): string => (isMet === null ? '' : isMet ? 'yes' : 'no');
  const rows = goals.map(({ what, target, value, isMet }) => [
    what,
    target === null ? '' : String(target),
    value === null ? 'not measured' : significant(value),
    verdict(isMet),
  ]);
  return markdown({ columns: ['goal', 'target', 'reached', 'met'], rows });
}

function wholeTable({ paper, oneAtATime, eightInFlight, ratios }: Summary['wholeSample']): string {
  const row = (name: string, value: WholeSample | undefined, ratio?: number | null): string[][] =>
    value
      ? [
          [
            name,
            `${value.seconds.toFixed(1)} ± ${value.sd.toFixed(1)}`,
            significant(value.kilobytesPerSecond),
            ratio ? significant(ratio) : '',
          ],
        ]
      : [];
  const rows = [
    ...row("paper's method", paper),
    ...row('dicom-ledger, one image at a time', oneAtATime, ratios.oneAtATime),
    ...row('dicom-ledger, 8 requests in flight', eightInFlight, ratios.eightInFlight),
  ];
  return markdown({ columns: ['', 'seconds', 'KB/s', 'ratio'], rows });
}

function timesSection(number: string, tables: Record<string, string>): string {
  const title = number === '2' ? 'patient-level methods' : 'image-level methods';
  const other = tables[`${number}, without the added image`];
  return `## Table ${number}: ${title}\n\n${tables[number]}\n${other ? `\nWithout the added image:\n\n${other}\n` : ''}`;
}

function statisticsTable({ sample, withoutAddedImage }: Summary['scopes']): string {
  const rows = [
    ['paper, as published', 'patient', '450', '', '< 10⁻⁹', '0.887'],
    ['paper, as published', 'image', '920', '', '< 10⁻⁴⁴', '0.626'],
    ...statisticsRows(sample.statistics, ''),
    ...(withoutAddedImage ? statisticsRows(withoutAddedImage.statistics, ', without the added image') : []),
  ];
  return markdown({ columns: ['', 'level', 'pairs', 't', 'p', 'PCC'], rows });
}

function statisticsRows(statistics: Scope['statistics'], scope: string): string[][] {
  return Object.entries(statistics).flatMap(([implementation, levels]) =>
    Object.entries(levels).map(([level, { n, t, p, pcc }]) => [
      `${implementation === 'paper' ? "paper's method here" : 'dicom-ledger'}${scope}`,
      level,
      String(n),
      ...(p === null || t === null || pcc === null
        ? ['too few pairs', '', '']
        : [t.toFixed(2), probability(p), pcc.toFixed(3)]),
    ]),
  );
}

function periods(values: Periods): string {
  if (!values) return 'not measured';
  return `median ${values.median.toFixed(2)}, p95 ${values.p95.toFixed(2)}, maximum ${values.maximum.toFixed(2)}`;
}
