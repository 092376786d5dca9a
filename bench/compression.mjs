// Piece compression: bytes on the chain for each byte given and the time it takes, then storing and loading with and without it.
// Writes bench/reports/compression.md.
// usage: node bench/compression.mjs [--data ../shared/data] [--on embedded,1] [--slices 96] [--out bench/reports]
//                                   (needs a build, the sample images, and geth for 1 signer)
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openSiteBed } from './compression/beds.mjs';
import { reportOf } from './compression/report.mjs';
import { commit, cpuSeconds, machine, since } from './limit/meters.mjs';
import { stow, wado } from './limit/web.mjs';
import { bufferSource } from '../dist/base/byte-source.js';
import { identify } from '../dist/dicom/data-set/attributes.js';
import { scanPart10 } from '../dist/dicom/part10/part10.js';
import { packedSource } from '../dist/pieces/compressed-source.js';
import { unpackedSource } from '../dist/pieces/decompressed-source.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '../shared/data' },
    on: { type: 'string', default: 'embedded,1' },
    slices: { type: 'string', default: '96' },
    out: { type: 'string', default: 'bench/reports' },
  },
});
const inFlight = 8;
const pieceBytes = 30_720;
const files = (folder) =>
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

const report = { at: new Date().toISOString(), commit: commit(), machine: machine(), inFlight, sizes: [], chains: [] };
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
async function sizeOf({ name, files }) {
  let [given, stored, packedFiles, packMs, unpackMs] = [0, 0, 0, 0, 0];
  for (const file of files) {
    const bytes = readFileSync(file);
    const begun = performance.now();
    const packed = await packedSource(bufferSource(bytes));
    const all = packed && (await packed.read(0, packed.byteCount));
    packMs += performance.now() - begun;
    given += bytes.length;
    stored += all ? all.length : bytes.length;
    if (!all) continue;
    packedFiles++;
    const unpacking = performance.now();
    const back = await unpackedSource(bufferSource(all), { byteCount: bytes.length, pieceBytes }).read(0, bytes.length);
    unpackMs += performance.now() - unpacking;
    if (!back.equals(bytes)) throw new Error(`${file} does not come back as it was given.`);
  }
  return { name, files: files.length, packedFiles, given, stored, packMs, unpackMs };
}

async function measureSite(on, compression) {
  // Without a cache every load is from the chain.
  const bed = await openSiteBed(on, { PIECE_COMPRESSION: compression, CACHE_BYTES: '0' });
  try {
    const one = {
      storeSeconds: await stow(bed.url, ct, { inFlight: 1, perRequest: 1 }),
      loadSeconds: await wado(bed.url, ct, 1),
    };
    const folderBytes = bytesIn(bed.chainFolder);
    const before = cpuSeconds(bed.pids);
    const storeSeconds = await stow(bed.url, series, { inFlight, perRequest: 1 });
    const storeCpu = sum(since(before, cpuSeconds(bed.pids)));
    const chainBytes = bytesIn(bed.chainFolder) - folderBytes;
    const between = cpuSeconds(bed.pids);
    const loadSeconds = await wado(bed.url, series, inFlight);
    const loadCpu = sum(since(between, cpuSeconds(bed.pids)));
    const given = series.reduce((total, { bytes }) => total + bytes.length, 0);
    return { one, files: series.length, given, storeSeconds, storeCpu, loadSeconds, loadCpu, chainBytes };
  } finally {
    await bed.close();
  }
}

async function toSend(file) {
  const bytes = readFileSync(file);
  const { header } = await scanPart10(bufferSource(bytes));
  const { StudyInstanceUID, SeriesInstanceUID, SOPInstanceUID } = identify(header);
  return { bytes, study: StudyInstanceUID, series: SeriesInstanceUID, instance: SOPInstanceUID };
}

/** On disk. */
function bytesIn(folder) {
  return Number(execFileSync('du', ['-sk', folder], { encoding: 'utf8' }).split('\t')[0]) * 1024;
}

/** Of the server and the node, not of this process. */
function sum({ bench: _, ...seconds }) {
  return Object.values(seconds).reduce((total, one) => total + one, 0);
}
