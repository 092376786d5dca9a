// How near the archive comes to what its chain can do: storing (a: signed transactions alone, b: STOW-RS) and loading (c: code by
// address, d: WADO-RS at another site, nothing cached, e: cached). Writes bench/reports/limit.md and limit.json.
// usage: node bench/limit.mjs [--on embedded,1,3] [--repeats 3] [--images 128] [--large 50] [--in-flight 8,32] [--per-request 8] [--out bench/reports]
//                             [--phases ab] (s: one object a request) [--set NAME=value,…] [--profile folder]      (needs a build, and geth for 1 and 3 signers)
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { findGeth, openEmbeddedBed, openNetworkBed } from './limit/beds.mjs';
import { measureBed } from './limit/measure.mjs';
import { commit, machine } from './limit/meters.mjs';
import { reportOf } from './limit/report.mjs';

const { values } = parseArgs({
  options: {
    on: { type: 'string', default: 'embedded,1,3' },
    repeats: { type: 'string', default: '3' },
    images: { type: 'string', default: '128' },
    large: { type: 'string', default: '50' },
    'in-flight': { type: 'string', default: '8,32' },
    'per-request': { type: 'string', default: '8' },
    phases: { type: 'string', default: 'abcdes' },
    out: { type: 'string', default: 'bench/reports' },
    set: { type: 'string', default: '' },
    profile: { type: 'string' },
  },
});
const beds = values.on.split(',');
const settings = {
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
      .map((one) => one.split('=')),
  ),
};
const environment = { ...settings.server, ...profiling() };
const geth = beds.every((name) => name === 'embedded') ? undefined : findGeth();
const report = { at: new Date().toISOString(), commit: commit(), machine: machine(geth), settings, beds: [] };

for (const name of beds) {
  const bed =
    name === 'embedded'
      ? await openEmbeddedBed({ environment })
      : await openNetworkBed({ sites: Number(name), geth, environment });
  try {
    console.error(`${bed.name}:`);
    report.beds.push(await measureBed(bed, settings));
  } finally {
    await bed.close();
  }
}
report.machine.loadAtEnd = machine().load;
report.ratios = Object.fromEntries(report.beds.map(({ name, ratios }) => [name, ratios]));

const markdown = reportOf(report, process.argv.slice(2));
mkdirSync(values.out, { recursive: true });
writeFileSync(path.join(values.out, 'limit.json'), `${JSON.stringify(report, null, 2)}\n`);
writeFileSync(path.join(values.out, 'limit.md'), markdown);
console.log(markdown);
process.exit(0);

function profiling() {
  if (values.profile === undefined) return {};
  const folder = path.resolve(values.profile);
  mkdirSync(folder, { recursive: true });
  const module = path.join(import.meta.dirname, 'limit', 'profile.mjs');
  return { NODE_OPTIONS: `--import=${module}`, LIMIT_PROFILE_DIR: folder };
}
