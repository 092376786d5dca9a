// Bytes on a node's and a site's disk for each byte of images, while they are stored, after, and compacted; and where they lie.
// usage: npm run bench:disk -- --data <folder of images> [--data <another>] [--beds embedded,1,3] [--out bench/reports]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { findGeth } from '../../src/network/open-node.js';
import { REPORTS_FOLDER, SAMPLES_FOLDER } from '../folders.js';
import { commit, machine } from '../machine.js';
import { type DiskBed, openBed } from './open-bed.js';
import { type BedFigures, type DiskRun, reportOf } from './report.js';
import { imagesOf, storeFiles, untilSettled } from './store-files.js';

/** How often it is looked while images go in. */
const STEPS = 4;

const { values: args } = parseArgs({
  options: {
    data: { type: 'string', multiple: true, default: [path.join(SAMPLES_FOLDER, 'chest-xray')] },
    beds: { type: 'string', default: 'embedded,1,3' },
    out: { type: 'string', default: REPORTS_FOLDER },
  },
});
const beds = args.beds.split(',');
const geth = beds.some((bed) => bed !== 'embedded') ? await findGeth() : undefined;
const run: DiskRun = { at: new Date().toISOString(), commit: commit(), machine: machine(geth), beds: [] };
for (const data of args.data)
  for (const name of beds) {
    console.error(`${path.basename(data)} on ${name}`);
    const folder = mkdtempSync(path.join(os.tmpdir(), 'ledger-disk-'));
    const bed = await openBed({ name, folder, geth });
    try {
      run.beds.push({ data: path.basename(data), ...(await measure(bed, imagesOf(data))) });
    } finally {
      await bed.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }
mkdirSync(args.out, { recursive: true });
writeFileSync(path.join(args.out, 'disk.json'), `${JSON.stringify(run, null, 2)}\n`);
writeFileSync(path.join(args.out, 'disk.md'), reportOf(run, process.argv.slice(2)));
console.error(`Written: ${path.join(args.out, 'disk.md')}`);

async function measure(bed: DiskBed, files: readonly string[]): Promise<Omit<BedFigures, 'data'>> {
  const begin = bed.look();
  const growing: BedFigures['growing'] = [];
  let imageBytes = 0;
  let stored = 0;
  for (let step = 0; step < STEPS; step++) {
    const from = Math.floor((step * files.length) / STEPS);
    const to = Math.floor(((step + 1) * files.length) / STEPS);
    const done = await storeFiles(bed.url, files.slice(from, to));
    imageBytes += done.byteCount;
    stored += done.stored;
    growing.push({ imageBytes, ...bed.look() });
  }
  await untilSettled(bed.dataFolders);
  const blocks = await bed.blockCount();
  const chainBytes = await bed.chainBytes();
  const settled = bed.look();
  await bed.stop();
  const stopped = bed.look();
  const content = bed.inspect();
  await bed.compact();
  return {
    bed: bed.name,
    images: stored,
    imageBytes,
    blocks,
    chainBytes,
    begin,
    growing,
    settled,
    stopped,
    compacted: bed.look(),
    content,
  };
}
