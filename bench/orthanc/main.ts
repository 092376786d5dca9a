// Reading, searching and storing beside the Orthanc of this machine: the same files, the same requests, in turn.
// usage: npm run bench:orthanc -- [--images FOLDER] [--pairs 5] [--only NAMES] [--instances 100000] [--instances-alone 1000000] [--minutes 3] [--fill-minutes 15] [--catalogs FOLDER] [--small] [--out bench/reports]
// `--catalogs` keeps the large catalogues in FOLDER, so that the next run need not fill them.
// Exit code 1 when ours gave a wrong answer, or the two differ.
// Two hours with all that is the default, most of them for filling; `--only` takes parts of names of rows or of their groups, separated by commas. --small: each row once, tiny.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { REPORTS_FOLDER, SAMPLES_FOLDER } from '../folders.js';
import { commit, load, machine } from '../machine.js';
import { measureCatalogs } from './catalogs.js';
import { openImages } from './images/open-images.js';
import { openLane } from './load/open-lane.js';
import { measureArchives } from './measure-archives.js';
import { ratioPlot } from './report/ratio-plot.js';
import { ratiosOf, reportOf } from './report/report.js';
import type { Measured, OrthancRun } from './report/results.js';
import { findOrthanc } from './servers/find-orthanc.js';
import { FULL, type Sizes, SMALL } from './sizes.js';

const { values: args } = parseArgs({
  options: {
    images: { type: 'string', default: SAMPLES_FOLDER },
    only: { type: 'string' },
    pairs: { type: 'string' },
    seconds: { type: 'string' },
    instances: { type: 'string' },
    'instances-alone': { type: 'string' },
    catalogs: { type: 'string' },
    minutes: { type: 'string' },
    'fill-minutes': { type: 'string' },
    small: { type: 'boolean', default: false },
    out: { type: 'string', default: REPORTS_FOLDER },
  },
});

function sizesOf(): Sizes {
  const sizes = structuredClone(args.small ? SMALL : FULL);
  const given = (
    name: 'pairs' | 'seconds' | 'instances' | 'instances-alone' | 'minutes' | 'fill-minutes',
    otherwise: number,
  ): number => (args[name] === undefined ? otherwise : Number(args[name]));
  return {
    ...sizes,
    pairs: given('pairs', sizes.pairs),
    seconds: given('seconds', sizes.seconds),
    instances: given('instances', sizes.instances),
    instancesAlone: given('instances-alone', sizes.instancesAlone),
    fillMinutes: given('fill-minutes', sizes.fillMinutes),
    load: { ...sizes.load, minutes: given('minutes', sizes.load.minutes) },
  };
}

let orthanc;
try {
  orthanc = findOrthanc();
} catch (error) {
  console.error((error as Error).message);
  process.exit(1);
}
console.error(`Orthanc ${orthanc.version}: ${orthanc.program}, ${orthanc.plugins.join(', ')}`);
const sizes = sizesOf();
const wanted = args.only?.split(',').map((name) => name.trim().toLowerCase());
const isWanted = (name: string): boolean => wanted?.some((part) => name.toLowerCase().includes(part)) ?? true;
const folder = mkdtempSync(path.join(os.tmpdir(), 'ledger-orthanc-'));
const lane = openLane();
const before = { machine: machine(), commit: commit() };
const say = (line: string): void => console.error(line);
try {
  const images = await openImages(args.images, sizes);
  const options = { folder, lane, orthanc, sizes, isWanted, pairs: sizes.pairs, say };
  const small = await measureArchives({ ...options, images });
  const { dicomWeb, diskBytes } = small;
  const report = ({ catalog, ...measured }: Measured & Pick<OrthancRun, 'catalog'>): OrthancRun => ({
    ...{ at: new Date().toISOString(), commit: before.commit, machine: { ...before.machine, loadAtEnd: load() } },
    orthanc: { version: orthanc.version, dicomWeb, plugins: orthanc.plugins.map((file) => path.basename(file)) },
    ...{ images: images.about, sizes, ...(catalog && { catalog }), diskBytes },
    command: ['npm run bench:orthanc', ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : [])].join(' '),
    ...measured,
    ratios: ratiosOf(measured.rows),
  });
  // Should the large catalogues fail, the rest is not lost.
  write(report(small));
  const { catalog, ...large } = await measureCatalogs({ ...options, folder: args.catalogs ?? folder });
  const rows = [...small.rows, ...large.rows];
  const faults = [...small.faults, ...large.faults];
  write(report({ rows, faults, ...(catalog && { catalog }) }));
  // What Orthanc alone does wrong is in the report; ours must answer, and both the same.
  if (faults.some(({ archive }) => archive !== 'Orthanc')) process.exitCode = 1;
} finally {
  lane.close();
  rmSync(folder, { recursive: true, force: true });
}

function write(run: OrthancRun): void {
  mkdirSync(args.out, { recursive: true });
  const to = (name: string): string => path.join(args.out, name);
  writeFileSync(to('orthanc.json'), `${JSON.stringify(run, null, 2)}\n`);
  writeFileSync(to('orthanc.svg'), ratioPlot(run.rows));
  writeFileSync(to('orthanc.md'), reportOf(run));
  console.error(`Written: ${to('orthanc.md')}`);
}
