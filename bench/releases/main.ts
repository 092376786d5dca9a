// What encryption costs an archive: equal images are stored into an embedded chain of release 1 (plain) and of release 2 (encrypted), and read
// back from the chain, and from the cache, by the archive itself without HTTP.
// usage: npm run bench:releases -- [--rounds 5] [--images 10] [--megabytes 4] [--out bench/reports]; some minutes. Writes bench/reports/releases.md.
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { partOf, slice } from '../../src/archive/testing/parts.js';
import { silentLog } from '../../src/base/log.js';
import { readConfig } from '../../src/config.js';
import { beginWithRelease1 } from '../../src/ledger/testing/begin-with-release-1.js';
import { cacheFolder, openSite, type Site } from '../../src/site.js';
import { REPORTS_FOLDER } from '../folders.js';
import { commandOf, commit, load, machine } from '../machine.js';
import { markdownTable, row } from '../markdown-table.js';
import { interpolatedMedian } from '../statistics.js';

const { values: args } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    images: { type: 'string', default: '10' },
    megabytes: { type: 'string', default: '4' },
    out: { type: 'string', default: REPORTS_FOLDER },
  },
});

const STEPS = ['stored', 'read from the chain', 'read again'] as const;
type Figures = Record<(typeof STEPS)[number], number>;

/** An instance of that many bytes that nothing compresses, under a UID of its own. */
function instanceOf(number: number, byteCount: number): Buffer {
  const size = Math.floor(Math.sqrt(byteCount));
  const file = slice({ SOPInstanceUID: `1.2.3.${number}`, size });
  randomBytes(size * size).copy(file, file.length - size * size);
  return file;
}

async function readAll(site: Site): Promise<number> {
  const seen = site.catalog.seenBy('everything');
  const began = performance.now();
  for (let number = 1; number <= Number(args.images); number++) {
    const stored = await site.archive.open((await seen.instance(`1.2.3.${number}`))!);
    let byteCount = 0;
    for await (const part of (await stored.instance('stored')).open()) byteCount += part.length;
    if (byteCount < Number(args.megabytes) * 0.99e6) throw new Error(`only ${byteCount} bytes were read`);
  }
  return (performance.now() - began) / 1_000;
}

/** Seconds of each step. */
async function measure(release: 1 | 2): Promise<Figures> {
  const folder = await mkdtemp(path.join(tmpdir(), 'dicom-ledger-releases-'));
  const config = readConfig({ DATA_DIR: folder, MIN_FREE_BYTES: '0', PIECE_COMPRESSION: 'off', READERS: '0' });
  const open = (): Promise<Site> => openSite(config, silentLog);
  if (release === 1) await beginWithRelease1(folder);
  let site = await open();
  // The ring is open, and all code is warm.
  await (
    await site.archive.receive(partOf(instanceOf(0, 10_000)))
  ).outcome;
  const files = Array.from({ length: Number(args.images) }, (_, at) =>
    instanceOf(at + 1, Number(args.megabytes) * 1e6),
  );
  const began = performance.now();
  for (const file of files) {
    const outcome = await (await site.archive.receive(partOf(file))).outcome;
    if (outcome.kind !== 'stored') throw new Error(JSON.stringify(outcome));
  }
  const stored = (performance.now() - began) / 1_000;
  await site.close();
  await rm(cacheFolder(folder), { recursive: true, force: true });
  site = await open();
  const cold = await readAll(site);
  const warm = await readAll(site);
  await site.close();
  await rm(folder, { recursive: true });
  return { stored, 'read from the chain': cold, 'read again': warm };
}

const here = machine();
const rounds: Record<1 | 2, Figures[]> = { 1: [], 2: [] };
await measure(2);
// In turns, the first of each round the second of the next, so that what else the machine does falls on both.
for (let round = 0; round < Number(args.rounds); round++)
  for (const release of round % 2 === 0 ? ([1, 2] as const) : ([2, 1] as const))
    rounds[release].push(await measure(release));

const megabytes = Number(args.images) * Number(args.megabytes);
const speed = (release: 1 | 2, step: (typeof STEPS)[number]): number =>
  megabytes / interpolatedMedian(rounds[release].map((figures) => figures[step]));
const rows = STEPS.map((step) => {
  const [plain, encrypted] = [speed(1, step), speed(2, step)];
  const ratios = rounds[1].map((figures, at) => rounds[2][at]![step] / figures[step]);
  const ratio = `${(interpolatedMedian(ratios) * 100 - 100).toFixed(1)} %`;
  return row(step, plain.toFixed(1), encrypted.toFixed(1), ratio);
});
const report = `# What encryption costs an archive

\`${commandOf('releases')}\`, ${new Date().toISOString()}, commit ${commit()}.

${here.cores} × ${here.cpu}, ${here.memoryGB} GB, Linux ${here.kernel}; load ${here.load.join(' ')} before, ${load().join(' ')} after.

${args.images} instances of ${args.megabytes} MB that nothing compresses, ${args.rounds} rounds in turns: medians in MB/s, and by how much longer it
takes with encryption, as the median of the rounds' own ratios.

${markdownTable(['', 'release 1, plain', 'release 2, encrypted', 'longer'], rows)}
`;
mkdirSync(args.out, { recursive: true });
writeFileSync(path.join(args.out, 'releases.md'), report);
console.log(report);
