// How near the archive comes to what its chain can do: storing (a: signed transactions alone, b: STOW-RS) and loading (c: code by
// address, d: WADO-RS at another site, nothing cached, e: cached). Writes bench/reports/limit.md and limit.json.
// usage: npm run bench:limit -- [--on embedded,1,3] [--repeats 3] [--images 128] [--large 50] [--in-flight 8,32] [--per-request 8] [--out bench/reports]
//                               [--phases ab] (s: one object a request) [--set NAME=value,…] [--profile folder]      (needs geth for 1 and 3 signers)
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { findGeth } from '../../src/network/open-node.js';
import { REPORTS_FOLDER } from '../folders.js';
import { commit, load, machine } from '../machine.js';
import { type LimitSettings, measureBed } from './measure.js';
import { openEmbeddedBed, openNetworkBed } from './open-bed.js';
import { type LimitRun, reportOf } from './report.js';

const { values } = parseArgs({
  options: {
    on: { type: 'string', default: 'embedded,1,3' },
    repeats: { type: 'string', default: '3' },
    images: { type: 'string', default: '128' },
    large: { type: 'string', default: '50' },
    'in-flight': { type: 'string', default: '8,32' },
    'per-request': { type: 'string', default: '8' },
    phases: { type: 'string', default: 'abcdes' },
    out: { type: 'string', default: REPORTS_FOLDER },
    set: { type: 'string', default: '' },
    profile: { type: 'string' },
  },
});
const beds = values.on.split(',');
const settings: LimitSettings = {
  repeats: Number(values.repeats),
  images: Number(values.images),
  largeMB: Number(values.large),
  phases: values.phases,
  /** Of several objects each the first, of one object all. */
  inFlight: values['in-flight'].split(',').map(Number),
  perRequest: Number(values['per-request']),
  server: Object.fromEntries(
    values.set
      .split(',')
      .filter(Boolean)
      .map((one) => one.split('=') as [string, string]),
  ),
};
const environment = { ...settings.server, ...profiling() };
const geth = beds.every((name) => name === 'embedded') ? undefined : await findGeth();
const report: LimitRun = {
  at: new Date().toISOString(),
  commit: commit(),
  machine: machine(geth),
  settings,
  beds: [],
  ratios: {},
};

for (const name of beds) {
  const bed =
    name === 'embedded'
      ? await openEmbeddedBed({ environment })
      : await openNetworkBed({ sites: Number(name), geth: geth!, environment });
  try {
    console.error(`${bed.name}:`);
    report.beds.push(await measureBed(bed, settings));
  } finally {
    await bed.close();
  }
}
report.machine.loadAtEnd = load();
report.ratios = Object.fromEntries(report.beds.map(({ name, ratios }) => [name, ratios]));

const markdown = reportOf(report, process.argv.slice(2));
mkdirSync(values.out, { recursive: true });
writeFileSync(path.join(values.out, 'limit.json'), `${JSON.stringify(report, null, 2)}\n`);
writeFileSync(path.join(values.out, 'limit.md'), markdown);
console.log(markdown);
process.exit(0);

function profiling(): Record<string, string> {
  if (values.profile === undefined) return {};
  const folder = path.resolve(values.profile);
  mkdirSync(folder, { recursive: true });
  const module = path.join(import.meta.dirname, 'profile.js');
  return { NODE_OPTIONS: `--import=${module}`, LIMIT_PROFILE_DIR: folder };
}
