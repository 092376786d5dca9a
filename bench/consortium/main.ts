// What more sites do to a consortium: 1 to 8 measured on this machine, beyond that simulated with what was measured.
// usage: npm run bench:consortium -- [--sites 1,2,3,5,8] [--stores 12] [--files 48] [--wait 600] [--keep] [--measured] [--out bench/reports]     (needs geth)
// Writes consortium.json and .svg and the tables of consortium.md there; --wait is for how many seconds
// a quiet machine is waited for before each number of sites, --keep keeps what consortium.json has of other
// numbers of sites, --measured goes by that alone.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { PROJECT_ROOT } from '../../src/base/project-root.js';
import { findGeth } from '../../src/network/open-node.js';
import { REPORTS_FOLDER } from '../folders.js';
import { check } from './check.js';
import type { ConsortiumRun, MeasuredRun } from './consortium-run.js';
import { fit } from './fit.js';
import { untilQuiet } from './machine-cpu.js';
import { measureSites } from './measure.js';
import { writePage } from './page.js';
import { predict } from './predict.js';

const IN_FLIGHT = 8;

const { values } = parseArgs({
  options: {
    sites: { type: 'string', default: '1,2,3,5,8' },
    period: { type: 'string', default: '1' },
    stores: { type: 'string', default: '12' },
    files: { type: 'string', default: '48' },
    wait: { type: 'string', default: '0' },
    keep: { type: 'boolean', default: false },
    measured: { type: 'boolean', default: false },
    out: { type: 'string', default: REPORTS_FOLDER },
  },
});
const jsonFile = path.join(values.out, 'consortium.json');
const say = (sentence: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${sentence}`);
mkdirSync(values.out, { recursive: true });

let run: MeasuredRun = { ...conditions(), measured: [] };
if (values.keep || values.measured) run = JSON.parse(readFileSync(jsonFile, 'utf8')) as ConsortiumRun;
if (!values.measured) {
  const binary = await findGeth();
  const [periodSeconds, stores, files] = [values.period, values.stores, values.files].map(Number) as [
    number,
    number,
    number,
  ];
  for (const sites of values.sites.split(',').map(Number)) {
    await untilQuiet({ atMostSeconds: Number(values.wait), say });
    const date = new Date().toISOString().slice(0, 16).replace('T', ' ');
    const figures = await measureSites({ sites, binary, periodSeconds, stores, files, inFlight: IN_FLIGHT, say });
    const measured = [...run.measured.filter((other) => other.sites !== sites), { date, ...figures }];
    run = { ...run, ...conditions(), measured: measured.sort((a, b) => a.sites - b.sites) };
    writeFileSync(jsonFile, JSON.stringify(run, null, 2));
  }
}

say('Fitting and checking the model.');
const fitted = fit(run.measured);
const checked = check(fitted, run.measured);
const complete: ConsortiumRun = { ...run, fitted, checked, predicted: predict(fitted, say) };
writeFileSync(jsonFile, `${JSON.stringify(complete, null, 2)}\n`);
writePage(complete, values.out);
console.log(JSON.stringify({ fitted, checked }, null, 2));

function conditions(): Omit<MeasuredRun, 'measured'> {
  const git = { cwd: PROJECT_ROOT, encoding: 'utf8' } as const;
  return {
    command: 'npm run bench:consortium',
    commit: execFileSync('git', ['rev-parse', '--short', 'HEAD'], git).trim(),
    machine: `${cpus().length} cores (${cpus()[0]?.model}), ${Math.round(totalmem() / 1e9)} GB, Node ${process.version}`,
  };
}
