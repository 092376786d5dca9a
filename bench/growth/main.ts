// What a store, a search and a start cost as the archive grows.
// usage: npm run bench:growth -- [--sizes 1000,10000,100000] [--chain-seconds 120] [--out bench/reports]; about 6 minutes and 2 GB of disk.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { REPORTS_FOLDER } from '../folders.js';
import { commit, load, machine } from '../machine.js';
import { startBenchServer } from '../start-bench-server.js';
import { measureChain } from './chain.js';
import { fillCatalog } from './fill.js';
import { catalogBytes, measureServer } from './measure.js';
import { plotsOf } from './plots.js';
import { type GrowthRun, reportOf } from './report.js';

const { values: args } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000,10000,100000' },
    'chain-seconds': { type: 'string', default: '120' },
    out: { type: 'string', default: REPORTS_FOLDER },
  },
});
const sizes = args.sizes.split(',').map(Number);
const chainSeconds = Number(args['chain-seconds']);
const run: GrowthRun = {
  ...{ at: new Date().toISOString(), commit: commit(), machine: machine() },
  ...{ sizes: [], chain: [] },
};
const folder = mkdtempSync(path.join(os.tmpdir(), 'ledger-growth-'));
try {
  const archive = path.join(folder, 'archive');
  await (await startBenchServer({ dataFolder: archive })).stop();
  let from = 0;
  for (const instances of sizes) {
    console.error(`Filling up to ${instances} instances.`);
    const { millisecondsEach, counts } = await fillCatalog(archive, { from, to: instances });
    from = instances;
    const bytes = catalogBytes(archive);
    console.error(`Measuring (${millisecondsEach.toFixed(2)} ms an instance to project).`);
    const measured = await measureServer(archive, { instances });
    run.sizes.push({ ...counts, instances, projectMsEach: millisecondsEach, catalogBytes: bytes, ...measured });
  }
  if (chainSeconds > 0) {
    console.error(`Filling a chain for ${chainSeconds} s.`);
    await measureChain(path.join(folder, 'chain'), {
      seconds: chainSeconds,
      onSize: (measured) => run.chain.push(measured),
    });
  }
  run.machine.loadAtEnd = load();
  mkdirSync(args.out, { recursive: true });
  const to = (name: string): string => path.join(args.out, name);
  writeFileSync(to('growth.json'), `${JSON.stringify(run, null, 2)}\n`);
  writeFileSync(to('growth.svg'), plotsOf(run));
  writeFileSync(to('growth.md'), reportOf(run, process.argv.slice(2)));
  console.error(`Written: ${to('growth.md')}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
