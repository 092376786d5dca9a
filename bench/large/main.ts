// Large things: a multi-frame of 500 MB, one of 5,000 JPEG frames, an instance of 2 GiB, a study of 5,000 slices, a patient with 5,000 images.
// usage: npm run bench:large -- [--only multi-frame,jpeg,instance,study,patient] [sizes, below] [--out bench/reports]; half an hour, 20 GB of disk.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { REPORTS_FOLDER } from '../folders.js';
import { commit, machine } from '../machine.js';
import { startBenchServer } from '../start-bench-server.js';
import { client } from './client.js';
import { idleMemory, measureStep, type StepFigures } from './memory.js';
import { PHASES, type Sizes, type StepResult } from './phases.js';
import { type LargeReport, type PhaseRun, reportOf } from './report.js';
import { warm } from './warm.js';

const IDLE_SECONDS = 4;
const GOAL_MB = 200;

const { values: args } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(PHASES).join() },
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
    out: { type: 'string', default: REPORTS_FOLDER },
  },
});
const sizes: Sizes = {
  megabytes: Number(args.megabytes),
  jpegFrames: Number(args['jpeg-frames']),
  instanceBytes: Number(args['instance-bytes']),
  slices: Number(args.slices),
  sliceSize: Number(args['slice-size']),
  images: Number(args.images),
  imageSize: Number(args['image-size']),
  data: args.data === 'noise' ? 'noise' : 'picture',
};
mkdirSync(args.out, { recursive: true });
const file = path.join(args.out, 'large.json');
for (const name of args.only.split(',')) {
  const phase = await measure(name);
  // Phases that were measured before stay: each has its own time and commit.
  const report = { ...readReport(), [name]: phase };
  writeFileSync(file, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(path.join(args.out, 'large.md'), reportOf(report, { goalMB: GOAL_MB }));
  console.error(`${name}: idle ${phase.idleMB} MB, ${phase.overIdleMB} MB over it at most.`);
}

/** Each phase has a server of its own, warm. */
async function measure(name: string): Promise<PhaseRun> {
  const run = PHASES[name];
  if (!run) throw new Error(`There is no phase ${name}, but ${Object.keys(PHASES).join(', ')}.`);
  console.error(`${name}: warming a server.`);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ledger-large-'));
  const server = await startBenchServer({ dataFolder: path.join(folder, 'archive') });
  const begin = { at: new Date().toISOString(), commit: commit(), machine: machine(), sizes };
  const steps: PhaseRun['steps'] = [];
  try {
    const startedMB = await idleMemory(server.pid, 1);
    const web = client(server.url);
    const warmed = await warm(web);
    const idleMB = await idleMemory(server.pid, IDLE_SECONDS);
    const step = async (title: string, work: () => Promise<StepResult | void>): Promise<StepFigures> => {
      const measured = await measureStep(server.pid, work);
      console.error(`  ${title}: ${JSON.stringify(measured)}`);
      steps.push({ title, ...measured });
      return measured;
    };
    const figures = await run({ web, folder, step, repeats: Number(args.repeats) }, sizes);
    const idleAfterMB = await idleMemory(server.pid, IDLE_SECONDS);
    const overIdleMB = Math.max(...steps.map(({ peakMB }) => peakMB)) - idleMB;
    return { ...begin, steps, startedMB, ...warmed, idleMB, ...figures, idleAfterMB, overIdleMB };
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(): LargeReport {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as LargeReport;
  } catch {
    return {};
  }
}
