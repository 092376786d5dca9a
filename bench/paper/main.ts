// The paper's experiment (Li & Kuo 2021, §3.4) with its method and with ours on one network of geth nodes; reports in bench/reports/.
// usage: npm run bench:paper -- --data <folder of images with metadata.csv> [--patients 12]     (--help says the rest)
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { PROJECT_ROOT } from '../../src/base/project-root.js';
import { findGeth } from '../../src/network/open-node.js';
import { BLOCK_GAS_LIMIT } from '../../src/network/genesis.js';
import { startNetwork } from '../../src/network/start-network.js';
import { describeMachine } from './about.js';
import { type PaperImage, type Patient, patientOf, readDataSet } from './data-set.js';
import { LARGEST_IMAGE_BYTES, makeLargeImage } from './large-image.js';
import { type Implementation, keyOf, METHODS, passesOf, unitsOf } from './passes.js';
import { pieceCountOf } from './paper-method.js';
import { createProgress, duration } from './progress.js';
import { REPORTS_FOLDER } from '../folders.js';
import { servedSites } from '../served-sites.js';
import type { PaperSettings } from './report-text.js';
import { writeReport } from './report.js';
import { runOurPasses } from './run-ours.js';
import { calibrate, measureAloneAfter, openPaperBed, runPaperPasses } from './run-paper.js';
import { drawSample } from './sample.js';
import { type Calibration, createState } from './state.js';
import { letInto } from '../../conformance/testing/let-in.js';

interface Options {
  data: string;
  patients?: number;
  repeats: number;
  sites: number;
  period: number;
  lanes: number;
  large: boolean;
  work: string;
  fresh: boolean;
  keep: boolean;
  reports: string;
}

const whole = (text: string): number => {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${text} is not a whole number above 0.`);
  return Number(text);
};
const options = new Command('bench:paper')
  .description("Measures storing, loading and first view with the paper's method and with dicom-ledger.")
  .requiredOption('--data <folder>', 'images and their metadata.csv (columns patientid, filename)')
  .option('--patients <n>', 'a stratified sample of so many patients instead of all', whole)
  .option('--repeats <n>', 'how often each method stores and loads everything', whole, 5)
  .option('--sites <n>', 'sites of the network', whole, 2)
  .option('--period <seconds>', 'block period', whole, 1)
  .option(
    '--lanes <n>',
    "passes of the paper's method at once; what that costs a piece is taken out of its times",
    whole,
    16,
  )
  .option('--no-large', 'add no image of 18.5 MB')
  .option('--work <folder>', 'network and measurements of the run', path.join(PROJECT_ROOT, 'data', 'bench-paper'))
  .option('--fresh', 'forget an earlier run in that folder instead of going on with it', false)
  .option('--keep', 'keep that folder when the run is complete', false)
  .option('--reports <folder>', 'where the report goes', REPORTS_FOLDER)
  .parse()
  .opts<Options>();

const say = (sentence: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${sentence}`);
if (options.fresh) rmSync(options.work, { recursive: true, force: true });
mkdirSync(options.work, { recursive: true });
const { patients: all, leftOut } = readDataSet(options.data);
if (leftOut > 0) say(`${leftOut} rows of metadata.csv have no JPG or PNG here and are left out.`);
const drawn = drawSample(all, options.patients ?? all.length);
const added = await addLargest(drawn);
const patients = added ? [...drawn, added] : drawn;
const settings: PaperSettings = {
  ...{ data: options.data, patients: drawn.length, repeats: options.repeats, sites: options.sites },
  ...{ periodSeconds: options.period, withLargest: added !== undefined },
};
const state = createState(options.work, settings);
const binary = await findGeth();
const machine = state.notes.machine ?? describeMachine(binary);
if (!state.notes.machine) state.note('machine', machine);
if (!state.notes.startedAt) state.note('startedAt', new Date().toISOString());
const begun = performance.now();

const network = await startNetwork({
  ...{ sites: options.sites, periodSeconds: options.period, folder: path.join(options.work, 'network'), binary, say },
});
letInto(network);
let isStopping = false;
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void interrupt(130));
try {
  // They would follow every block of the paper's method, which has no part in them.
  const servers = servedSites(network).sites.map(({ server }) => server);
  await Promise.all(servers.map((server) => server.stop()));
  const bed = await openPaperBed(network, state);
  const calibration = await calibrate(bed, {
    ...{ state, lanes: Math.min(options.lanes, passesOf('paper', options.repeats).length) },
    ...{ periodSeconds: options.period, say },
  });
  const progress = createProgress({ ...workLeft(), seconds: estimates(calibration), say });
  say(
    `${patients.length} patients, ${patients.flatMap(({ images }) => images).length} images; a piece of the paper's method takes ` +
      `${(calibration.pieceMsInLanes / 1000).toFixed(2)} s in ${calibration.lanes} lanes: about ${duration(progress.left())} in all.`,
  );
  const run = { state, patients, periodSeconds: options.period };
  await runPaperPasses(bed, {
    ...{ ...run, passes: passesOf('paper', options.repeats), lanes: calibration.lanes },
    onPiece: () => progress.stored(),
    onLoaded: ({ images }) => progress.loaded(piecesOf(images)),
  });
  const pieceMsAloneAfter = await measureAloneAfter(bed, run);
  bed.close();
  await Promise.all(servers.map((server) => server.start()));
  await runOurPasses(network, {
    ...{ ...run, passes: passesOf('ours', options.repeats), repeats: options.repeats },
    onUnit: ({ images }) => progress.images(images.length),
  });
  state.note('seconds', (state.notes.seconds ?? 0) + (performance.now() - begun) / 1000);
  await writeReport({
    folder: options.reports,
    about: {
      command: `npm run bench:paper -- ${process.argv.slice(2).join(' ')}`,
      settings,
      machine,
      calibration: { ...calibration, pieceMsAloneAfter },
      added: added && { byteCount: added.byteCount },
      network: { gasLimit: BLOCK_GAS_LIMIT, contract: network.contract, chainId: network.chainId },
      ...{
        startedAt: state.notes.startedAt ?? '',
        endedAt: new Date().toISOString(),
        seconds: state.notes.seconds ?? 0,
      },
    },
    records: state.records(),
    data: { folder: all, sample: drawn, added },
  });
  say(`The report is ${path.join(options.reports, 'paper.md')}.`);
} catch (error) {
  if (!isStopping) console.error(error);
  await interrupt(1);
}
await network.stop();
if (!options.keep) rmSync(options.work, { recursive: true, force: true });
process.exit(0);

/** Whatever fails because the network is being stopped is no news. */
async function interrupt(code: number): Promise<never> {
  if (isStopping) return new Promise<never>(() => undefined);
  isStopping = true;
  process.on('unhandledRejection', () => undefined);
  say(`The run is interrupted; the same command goes on with it. Logs lie in ${options.work}.`);
  state.note('seconds', (state.notes.seconds ?? 0) + (performance.now() - begun) / 1000);
  await network.stop();
  process.exit(code);
}

/** A patient with an image of the size of the paper's largest, when the sample has none. */
async function addLargest(sample: readonly Patient[]): Promise<Patient | undefined> {
  const largest = Math.max(...sample.flatMap(({ images }) => images.map(({ byteCount }) => byteCount)));
  if (!options.large || largest >= LARGEST_IMAGE_BYTES) return undefined;
  const bytes = await makeLargeImage();
  const file = path.join(options.work, 'largest.png');
  writeFileSync(file, bytes);
  const image: PaperImage = { fileName: 'largest.png', file, mediaType: 'image/png', byteCount: bytes.length };
  return { ...patientOf('added', [image]), isAdded: true };
}

interface Left {
  images: readonly PaperImage[];
  previews: number;
}

/** What is still to be stored and loaded: pieces with the paper's method, images with ours. */
function workLeft(): { pieces: number; loads: number; images: number } {
  const left = (what: 'stored' | 'loaded', implementation: Implementation): Left[] =>
    passesOf(implementation, options.repeats).flatMap((pass) =>
      unitsOf(patients, pass)
        .filter((unit) => !state.has(keyOf(what, pass, unit)))
        .map(({ images }) => ({ images, previews: pass.withPreview ? images.length : 0 })),
    );
  const sum = (units: readonly Left[], count: (unit: Left) => number): number =>
    units.reduce((total, unit) => total + count(unit), 0);
  return {
    pieces: sum(left('stored', 'paper'), ({ images, previews }) => piecesOf(images) + previews),
    loads: sum(left('loaded', 'paper'), ({ images }) => piecesOf(images)),
    // And once in each repeat with 8 requests in flight.
    images: sum(left('stored', 'ours'), ({ images }) => images.length) * (1 + 1 / METHODS.length),
  };
}

function piecesOf(images: readonly PaperImage[]): number {
  return images.reduce((sum, { byteCount }) => sum + pieceCountOf(byteCount), 0);
}

/** Seconds each; loading and ours as they were on a machine of two cores. */
function estimates({ lanes, pieceMsInLanes }: Calibration): { piece: number; load: number; image: number } {
  return { piece: pieceMsInLanes / 1000 / lanes, load: 0.04, image: 3 * options.period };
}
