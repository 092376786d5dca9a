// Piece compression: bytes on the chain for each byte given and the time it takes, then storing and loading with and without it.
// Writes bench/reports/compression.md.
// usage: npm run bench:compression -- [--data ../shared/data] [--on embedded,1] [--slices 96] [--out bench/reports]
//                                      (needs the sample images, and geth for 1 signer)
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { bufferSource } from '../../src/base/byte-source.js';
import { scanPart10 } from '../../src/dicom/part10/part10.js';
import { compressedSource } from '../../src/pieces/compressed-source.js';
import { decompressedSource } from '../../src/pieces/decompressed-source.js';
import { type CpuSeconds, cpuSeconds, since } from '../cpu-seconds.js';
import { allocatedBytes } from '../disk-bytes.js';
import { REPORTS_FOLDER, SAMPLES_FOLDER } from '../folders.js';
import { commit, machine } from '../machine.js';
import { sum } from '../statistics.js';
import { type Image, stow, wado } from '../stow-and-wado.js';
import { openSiteBed } from './open-site-bed.js';
import { type CompressionRun, reportOf, type SetSize, type SiteFigures } from './report.js';

const IN_FLIGHT = 8;
const PIECE_BYTES = 30_720;

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: SAMPLES_FOLDER },
    on: { type: 'string', default: 'embedded,1' },
    slices: { type: 'string', default: '96' },
    out: { type: 'string', default: REPORTS_FOLDER },
  },
});
const files = (folder: string): string[] =>
  readdirSync(path.join(values.data, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(values.data, folder, name))
    .filter((file) => statSync(file).isFile())
    .sort();
const wg04 = files('dicom/wg04').filter((file) => file.endsWith('.dcm'));
const mr = files('dicom/mr-structural');
const sets = [
  { name: `MR series, ${mr.length} slices`, files: mr },
  ...wg04
    .filter((file) => file.includes('_UNC'))
    .map((file) => ({ name: `wg04 ${path.basename(file)}`, files: [file] })),
  { name: 'wg04, all compressed ones', files: wg04.filter((file) => !file.includes('_UNC')) },
  { name: 'chest X-rays (JPG, PNG)', files: files('chest-xray').filter((file) => /\.(jpe?g|png)$/i.test(file)) },
];

const report: CompressionRun = {
  ...{ at: new Date().toISOString(), commit: commit(), machine: machine() },
  ...{ inFlight: IN_FLIGHT, sizes: [], chains: [] },
};
for (const set of sets) report.sizes.push(await sizeOf(set));

// Slices without neighbours, so that no piece of one is in another.
const every = Math.ceil(mr.length / Number(values.slices));
const series = await Promise.all(mr.filter((_, i) => i % every === 0).map(toSend));
const ct = await Promise.all(wg04.filter((file) => file.includes('CT1_UNC')).map(toSend));
for (const on of values.on.split(',')) {
  for (const compression of ['off', 'on']) {
    console.error(`${on}, compression ${compression}`);
    report.chains.push({ on, compression, ...(await measureSite(on, compression)) });
  }
}
mkdirSync(values.out, { recursive: true });
const markdown = reportOf(report, process.argv.slice(2));
writeFileSync(path.join(values.out, 'compression.md'), markdown);
console.log(markdown);

/** What packing makes of files, without any chain. */
async function sizeOf({ name, files }: { name: string; files: string[] }): Promise<SetSize> {
  const size: SetSize = { name, files: files.length, packedFiles: 0, given: 0, stored: 0, packMs: 0, unpackMs: 0 };
  for (const file of files) {
    const bytes = readFileSync(file);
    const begun = performance.now();
    const packed = await compressedSource(bufferSource(bytes));
    const all = packed && (await packed.read(0, packed.byteCount));
    size.packMs += performance.now() - begun;
    size.given += bytes.length;
    size.stored += all ? all.length : bytes.length;
    if (!all) continue;
    size.packedFiles++;
    const unpacking = performance.now();
    const back = await decompressedSource(bufferSource(all), { byteCount: bytes.length, pieceBytes: PIECE_BYTES }).read(
      0,
      bytes.length,
    );
    size.unpackMs += performance.now() - unpacking;
    if (!back.equals(bytes)) throw new Error(`${file} does not come back as it was given.`);
  }
  return size;
}

async function measureSite(on: string, compression: string): Promise<SiteFigures> {
  // Without a cache every load is from the chain.
  const bed = await openSiteBed(on, { PIECE_COMPRESSION: compression, CACHE_BYTES: '0' });
  try {
    const one = {
      storeSeconds: await stow(bed.url, ct, { inFlight: 1, perRequest: 1 }),
      loadSeconds: await wado(bed.url, ct, 1),
    };
    const folderBytes = allocatedBytes(bed.chainFolder);
    const before = cpuSeconds(bed.pids);
    const storeSeconds = await stow(bed.url, series, { inFlight: IN_FLIGHT, perRequest: 1 });
    const storeCpu = totalOf(since(before, cpuSeconds(bed.pids)));
    const chainBytes = allocatedBytes(bed.chainFolder) - folderBytes;
    const between = cpuSeconds(bed.pids);
    const loadSeconds = await wado(bed.url, series, IN_FLIGHT);
    const loadCpu = totalOf(since(between, cpuSeconds(bed.pids)));
    const given = sum(series.map(({ bytes }) => bytes.length));
    return { one, files: series.length, given, storeSeconds, storeCpu, loadSeconds, loadCpu, chainBytes };
  } finally {
    await bed.close();
  }
}

async function toSend(file: string): Promise<Image> {
  const bytes = readFileSync(file);
  const scanned = await scanPart10(bufferSource(bytes));
  if (scanned.kind === 'refused') throw new Error(`${file}: ${scanned.message}`);
  const { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID } = scanned.identity;
  return { bytes, study: StudyInstanceUID, series: SeriesInstanceUID, instance: SOPInstanceUID };
}

/** Of the server and the node, not of this process. */
function totalOf({ bench: _, ...seconds }: CpuSeconds): number {
  return sum(Object.values(seconds));
}
