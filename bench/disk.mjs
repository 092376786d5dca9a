// Bytes on a node's and a site's disk for each byte of images, while they are stored, after, and compacted; and where they lie.
// npm run bench:disk -- --data <folder of images> [--data <another>] [--beds embedded,1,3] [--out bench/reports]
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openBed } from './disk/beds.mjs';
import { reportOf } from './disk/report.mjs';
import { imagesOf, storeFiles, untilSettled } from './disk/store-files.mjs';
import { findGeth } from './limit/beds.mjs';
import { commit, machine } from './limit/meters.mjs';

const { values: args } = parseArgs({
  options: {
    data: { type: 'string', multiple: true, default: ['../shared/data/chest-xray'] },
    beds: { type: 'string', default: 'embedded,1,3' },
    out: { type: 'string', default: 'bench/reports' },
  },
});
const beds = args.beds.split(',');
const geth = beds.some((bed) => bed !== 'embedded') ? findGeth() : undefined;
const run = { at: new Date().toISOString(), commit: commit(), machine: machine(geth), beds: [] };
/** How often it is looked while images go in. */
const steps = 4;

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

async function measure(bed, files) {
  const begin = bed.look();
  const growing = [];
  let imageBytes = 0;
  let stored = 0;
  for (let step = 0; step < steps; step++) {
    const from = Math.floor((step * files.length) / steps);
    const to = Math.floor(((step + 1) * files.length) / steps);
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
