// What more sites do to a consortium: 1 to 8 measured on this machine, beyond that simulated with what was measured.
// usage: node bench/consortium.mjs [--sites 1,2,3,5,8] [--stores 12] [--files 48] [--wait 600] [--keep] [--measured]     (needs a build and geth)
// Writes bench/reports/consortium.json and .svg and the tables of consortium.md; --wait is for how many seconds
// a quiet machine is waited for before each number of sites, --keep keeps what consortium.json has of other
// numbers of sites, --measured goes by that alone.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { check, fit } from './consortium-fit.mjs';
import { writePage } from './consortium-page.mjs';
import { predict } from './consortium-predict.mjs';

const reports = path.join(import.meta.dirname, 'reports');
const jsonFile = path.join(reports, 'consortium.json');
const { values } = parseArgs({
  options: {
    sites: { type: 'string', default: '1,2,3,5,8' },
    period: { type: 'string', default: '1' },
    stores: { type: 'string', default: '12' },
    files: { type: 'string', default: '48' },
    wait: { type: 'string', default: '0' },
    keep: { type: 'boolean', default: false },
    measured: { type: 'boolean', default: false },
  },
});
const say = (sentence) => console.error(`${new Date().toISOString().slice(11, 19)} ${sentence}`);
mkdirSync(reports, { recursive: true });

let run = values.keep || values.measured ? JSON.parse(readFileSync(jsonFile, 'utf8')) : { measured: [] };
if (!values.measured) {
  // Only here: the simulation alone needs no build.
  const { measureSites, untilQuiet } = await import('./consortium-measure.mjs');
  const binary = execFileSync(process.execPath, ['scripts/build-geth.mjs'], { encoding: 'utf8' }).trim();
  const [periodSeconds, stores, files] = [values.period, values.stores, values.files].map(Number);
  for (const sites of values.sites.split(',').map(Number)) {
    await untilQuiet({ atMostSeconds: Number(values.wait), say });
    const date = new Date().toISOString().slice(0, 16).replace('T', ' ');
    const figures = await measureSites({ sites, binary, periodSeconds, stores, files, inFlight: 8, say });
    const measured = [...run.measured.filter((other) => other.sites !== sites), { date, ...figures }];
    run = { ...run, ...conditions(), measured: measured.sort((a, b) => a.sites - b.sites) };
    writeFileSync(jsonFile, JSON.stringify(run, null, 2));
  }
}

say('Fitting and checking the model.');
run.fitted = fit(run.measured);
run.checked = check(run.fitted, run.measured);
run.predicted = predict(run.fitted, say);
writeFileSync(jsonFile, `${JSON.stringify(run, null, 2)}\n`);
writePage(run, reports);
console.log(JSON.stringify({ fitted: run.fitted, checked: run.checked }, null, 2));

function conditions() {
  return {
    command: 'node bench/consortium.mjs',
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim(),
    machine: `${cpus().length} cores (${cpus()[0].model}), ${Math.round(totalmem() / 1e9)} GB, Node ${process.version}`,
  };
}
