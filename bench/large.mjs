// Large things: a multi-frame of 500 MB, one of 5,000 JPEG frames, an instance of 2 GiB, a study of 5,000 slices, a patient with 5,000 images.
// npm run bench:large -- [--only multi-frame,jpeg,instance,study,patient] [sizes, below] [--out bench/reports]; half an hour, 20 GB of disk.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { idleMemory, measureStep } from './large/memory.mjs';
import { phases } from './large/phases.mjs';
import { reportOf } from './large/report.mjs';
import { warm } from './large/warm.mjs';
import { client } from './large/web.mjs';
import { commit, machine } from './limit/meters.mjs';
import { startServer } from './server.mjs';

const { values: args } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(phases).join() },
    megabytes: { type: 'string', default: '500' },
    'jpeg-frames': { type: 'string', default: '5000' },
    'instance-bytes': { type: 'string', default: String(2 ** 31) },
    slices: { type: 'string', default: '5000' },
    'slice-size': { type: 'string', default: '512' },
    images: { type: 'string', default: '5000' },
    'image-size': { type: 'string', default: '192' },
    /** `noise` or `picture`. */
    data: { type: 'string', default: 'picture' },
    repeats: { type: 'string', default: '7' },
    out: { type: 'string', default: 'bench/reports' },
  },
});
const sizes = {
  megabytes: Number(args.megabytes),
  jpegFrames: Number(args['jpeg-frames']),
  instanceBytes: Number(args['instance-bytes']),
  slices: Number(args.slices),
  sliceSize: Number(args['slice-size']),
  images: Number(args.images),
  imageSize: Number(args['image-size']),
  data: args.data,
};
const idleSeconds = 4;
const goalMB = 200;

mkdirSync(args.out, { recursive: true });
const file = path.join(args.out, 'large.json');
for (const name of args.only.split(',')) {
  const phase = await measure(name);
  // Phases that were measured before stay: each has its own time and commit.
  const report = { ...readReport(), [name]: phase };
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(path.join(args.out, 'large.md'), reportOf(report, { goalMB }));
  console.error(`${name}: idle ${phase.idleMB} MB, ${phase.overIdleMB} MB over it at most.`);
}

/** Each phase has a server of its own, warm. */
async function measure(name) {
  console.error(`${name}: warming a server.`);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ledger-large-'));
  const server = await startServer({ folder: path.join(folder, 'archive') });
  const run = { at: new Date().toISOString(), commit: commit(), machine: machine(), sizes, steps: [] };
  try {
    const startedMB = await idleMemory(server.pid, 1);
    const web = client(server.url);
    Object.assign(run, { startedMB, ...(await warm(web)) });
    run.idleMB = await idleMemory(server.pid, idleSeconds);
    const step = async (title, work) => {
      const measured = await measureStep(server.pid, work);
      const { listed, ...figures } = measured;
      console.error(`  ${title}: ${JSON.stringify(figures)}`);
      run.steps.push({ title, ...figures });
      return measured;
    };
    Object.assign(run, await phases[name]({ web, folder, step, repeats: Number(args.repeats) }, sizes));
    run.idleAfterMB = await idleMemory(server.pid, idleSeconds);
    run.overIdleMB = Math.max(...run.steps.map(({ peakMB }) => peakMB)) - run.idleMB;
    return run;
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}
