// The paper's experiment (Li & Kuo 2021, §3.4) with its method and with ours on one network of geth nodes; reports in bench/reports/.
// usage: npm run bench:paper -- --data <folder of images with metadata.csv> [--patients 12]     (--help says the rest)
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { blockGasLimit } from '../dist/network/genesis.js';
import { startNetwork } from '../dist/network/start-network.js';
import { describeMachine } from './paper/about.mjs';
import { patientOf, readDataSet } from './paper/data-set.mjs';
import { largestImageBytes, makeLargeImage } from './paper/large-image.mjs';
import { methods, passesOf, unitsOf, keyOf } from './paper/passes.mjs';
import { pieceCountOf } from './paper/paper-method.mjs';
import { createProgress, duration } from './paper/progress.mjs';
import { writeReport } from './paper/report.mjs';
import { runOurPasses } from './paper/run-ours.mjs';
import { calibrate, measureAloneAfter, openPaperBed, runPaperPasses } from './paper/run-paper.mjs';
import { drawSample } from './paper/sample.mjs';
import { openState } from './paper/state.mjs';

const root = path.resolve(import.meta.dirname, '..');
const whole = (text) => {
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
  .option('--work <folder>', 'network and measurements of the run', path.join(root, 'data', 'bench-paper'))
  .option('--fresh', 'forget an earlier run in that folder instead of going on with it', false)
  .option('--keep', 'keep that folder when the run is complete', false)
  .option('--reports <folder>', 'where the report goes', path.join(root, 'bench', 'reports'))
  .parse()
  .opts();

const say = (sentence) => console.error(`${new Date().toISOString().slice(11, 19)} ${sentence}`);
if (options.fresh) rmSync(options.work, { recursive: true, force: true });
mkdirSync(options.work, { recursive: true });
const { patients: all, leftOut } = readDataSet(options.data);
if (leftOut > 0) say(`${leftOut} rows of metadata.csv have no JPG or PNG here and are left out.`);
const drawn = drawSample(all, options.patients ?? all.length);
const added = await addLargest(drawn);
const patients = added ? [...drawn, added] : drawn;
const settings = {
  ...{ data: options.data, patients: drawn.length, repeats: options.repeats, sites: options.sites },
  ...{ periodSeconds: options.period, withLargest: added !== undefined },
};
const state = openState(options.work, settings);
const binary = execFileSync(process.execPath, [path.join(root, 'scripts/build-geth.mjs')], { encoding: 'utf8' }).trim();
const machine = state.notes.machine ?? describeMachine(binary);
if (!state.notes.machine) state.note('machine', machine);
if (!state.notes.startedAt) state.note('startedAt', new Date().toISOString());
const begun = performance.now();

const network = await startNetwork({
  ...{ sites: options.sites, periodSeconds: options.period, folder: path.join(options.work, 'network'), binary, say },
});
let isStopping = false;
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void interrupt(130));
try {
  // They would follow every block of the paper's method, which has no part in them.
  const servers = network.sites.map(({ server }) => server);
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
      network: { gasLimit: blockGasLimit, contract: network.contract, chainId: network.chainId },
      ...{ startedAt: state.notes.startedAt, endedAt: new Date().toISOString(), seconds: state.notes.seconds },
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
async function interrupt(code) {
  if (isStopping) return new Promise(() => undefined);
  isStopping = true;
  process.on('unhandledRejection', () => undefined);
  say(`The run is interrupted; the same command goes on with it. Logs lie in ${options.work}.`);
  state.note('seconds', (state.notes.seconds ?? 0) + (performance.now() - begun) / 1000);
  await network.stop();
  process.exit(code);
}

/** A patient with an image of the size of the paper's largest, when the sample has none. */
async function addLargest(sample) {
  const largest = Math.max(...sample.flatMap(({ images }) => images.map(({ byteCount }) => byteCount)));
  if (!options.large || largest >= largestImageBytes) return undefined;
  const bytes = await makeLargeImage();
  const file = path.join(options.work, 'largest.png');
  writeFileSync(file, bytes);
  const image = { fileName: 'largest.png', file, mediaType: 'image/png', byteCount: bytes.length };
  return { ...patientOf('added', [image]), isAdded: true };
}

/** What is still to be stored and loaded: pieces with the paper's method, images with ours. */
function workLeft() {
  const left = (what, implementation) =>
    passesOf(implementation, options.repeats).flatMap((pass) =>
      unitsOf(patients, pass)
        .filter((unit) => !state.has(keyOf(what, pass, unit)))
        .map(({ images }) => ({ images, previews: pass.withPreview ? images.length : 0 })),
    );
  const sum = (units, count) => units.reduce((total, unit) => total + count(unit), 0);
  return {
    pieces: sum(left('stored', 'paper'), ({ images, previews }) => piecesOf(images) + previews),
    loads: sum(left('loaded', 'paper'), ({ images }) => piecesOf(images)),
    // And once in each repeat with 8 requests in flight.
    images: sum(left('stored', 'ours'), ({ images }) => images.length) * (1 + 1 / methods.length),
  };
}

function piecesOf(images) {
  return images.reduce((sum, { byteCount }) => sum + pieceCountOf(byteCount), 0);
}

/** Seconds each; loading and ours as they were on a machine of two cores. */
function estimates({ lanes, pieceMsInLanes }) {
  return { piece: pieceMsInLanes / 1000 / lanes, load: 0.04, image: 3 * options.period };
}
