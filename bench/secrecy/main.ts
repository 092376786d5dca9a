// What secrecy costs: deriving, encrypting and opening, each alone, on the versions of Node that are given.
// usage: npm run bench:secrecy -- [--node <path of another node> …] [--rounds 15] [--out bench/reports]; about a minute for each.
// Writes bench/reports/secrecy.md.
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { REPORTS_FOLDER } from '../folders.js';
import { commandOf, commit, load, machine } from '../machine.js';
import { markdownTable, row } from '../markdown-table.js';
import { median, quantile } from '../statistics.js';
import { ERASED, makeLargeTasks, makeTasks, type Task } from './tasks.js';

/** What one Node comes to. */
interface Measured {
  node: string;
  ringNodes: number;
  ringBytes: number;
  /** Of each task: microseconds of processor time, or MB in a second of it where it has bytes; of each round one. */
  figures: Figure[];
}

interface Figure {
  name: string;
  unit: 'µs' | 'MB/s';
  values: number[];
}

const { values: args } = parseArgs({
  options: {
    node: { type: 'string', multiple: true, default: [] },
    rounds: { type: 'string', default: '15' },
    out: { type: 'string', default: REPORTS_FOLDER },
    /** Only measures, with the Node that runs this, and prints JSON. */
    measure: { type: 'boolean', default: false },
  },
});

/** Of processor time, of each task; and, where a task may keep others from their turn, how long that is by the clock. */
async function figuresOf(tasks: readonly Task[]): Promise<Measured['figures']> {
  const cpu = tasks.map(({ name, byteCount }) => figure(name, byteCount === undefined ? 'µs' : 'MB/s'));
  const still = tasks.map(() => figure('… the longest that nothing else gets its turn, by the clock', 'µs'));
  // In turns, so that what else the machine does falls on all of them; the first round is not counted.
  for (let round = -1; round < Number(args.rounds); round++)
    for (const [at, { run, repeats, byteCount, standsStill }] of tasks.entries()) {
      const longest = standsStill ? longestStandstill() : undefined;
      const begun = process.cpuUsage();
      for (let i = 0; i < repeats; i++) {
        const result = run();
        if (result instanceof Promise) await result;
      }
      const { user, system } = process.cpuUsage(begun);
      const microseconds = (user + system) / repeats;
      const stoodStill = await longest?.();
      if (round < 0) continue;
      cpu[at]!.values.push(byteCount === undefined ? microseconds : byteCount / microseconds);
      if (stoodStill !== undefined) still[at]!.values.push(stoodStill);
    }
  return tasks.flatMap((_, at) => [cpu[at]!, still[at]!].filter(({ values }) => values.length > 0));
}

const figure = (name: string, unit: 'µs' | 'MB/s'): Figure => ({ name, unit, values: [] });

/** The longest time between two turns of a timer of a millisecond, from now until the function is called that it returns: microseconds. */
function longestStandstill(): () => Promise<number> {
  let longestMs = 0;
  let last = performance.now();
  const look = (): void => {
    const now = performance.now();
    longestMs = Math.max(longestMs, now - last);
    last = now;
  };
  const timer = setInterval(look, 1);
  return async () => {
    // What has just ended has kept the timer waiting, too.
    await sleep(2);
    clearInterval(timer);
    look();
    return longestMs * 1_000;
  };
}

async function measure(): Promise<Measured> {
  const small = await figuresOf(await makeTasks());
  const { tasks, ...ring } = await makeLargeTasks();
  return { node: process.version, ...ring, figures: [...small, ...(await figuresOf(tasks))] };
}

if (args.measure) {
  console.log(JSON.stringify(await measure()));
} else {
  const here = machine();
  const program = fileURLToPath(import.meta.url);
  const all = [process.execPath, ...args.node].map((node) => {
    console.error(`Measuring with ${node}.`);
    const text = execFileSync(node, [program, '--measure', '--rounds', args.rounds], { encoding: 'utf8' });
    return JSON.parse(text) as Measured;
  });
  const shown = (value: number): string => Number(value.toPrecision(3)).toLocaleString('en');
  const cells = (at: number): string[] =>
    all.map(({ figures }) => {
      const { values, unit } = figures[at]!;
      const isLong = unit === 'µs' && median(values) >= 10_000;
      const [middle, low, high] = [median(values), quantile(values, 0.05), quantile(values, 0.95)].map((value) =>
        shown(isLong ? value / 1_000 : value),
      );
      return `${middle} ${isLong ? 'ms' : unit} (${low}–${high})`;
    });
  const { ringNodes, ringBytes, figures } = all[0]!;
  const report = `# What secrecy costs

\`${commandOf('secrecy')}\`, ${new Date().toISOString()}, commit ${commit()}.

${here.cores} × ${here.cpu}, ${here.memoryGB} GB, Linux ${here.kernel}; load ${here.load.join(' ')} before, ${load().join(' ')} after.

Processor time, so that other programs of the machine change little: median of ${args.rounds} rounds (5th to 95th percentile). The large ring has lost ${ERASED.toLocaleString('en')} of a million studies, here and there:
it has ${ringNodes.toLocaleString('en')} tree nodes, and its file ${(ringBytes / 1e6).toFixed(1)} MB.

${markdownTable(
  ['', ...all.map(({ node }) => `Node ${node.slice(1)}`)],
  figures.map(({ name }, at) => row(name, ...cells(at))),
)}
`;
  mkdirSync(args.out, { recursive: true });
  writeFileSync(path.join(args.out, 'secrecy.md'), report);
  console.log(report);
}
