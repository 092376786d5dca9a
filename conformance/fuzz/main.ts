// Sends damaged and hostile input through every door of the archive and looks whether anything crashes, hangs, grows or is half stored.
// usage: npm run fuzz -- --minutes N --seed S [--only dicom,query] [--inputs N] [--from N] [--finds <folder>]
// (exit code 1 when there is a find). One input again: --only <door> --seed S --from N --inputs 1
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { DOOR_NAMES, type DoorName, doorOptions } from './doors.js';
import { repeatCommand } from './repeat-command.js';
import { type FoundInput, runSlice } from './run-slice.js';

const SLICE_MS = 20_000;
const HANG_MS = 5_000;
const SHOWN_OF_A_KIND = 3;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
    inputs: { type: 'string' },
    from: { type: 'string', default: '0' },
    finds: { type: 'string' },
  },
});

function numberOf(name: 'seed' | 'from' | 'inputs' | 'minutes'): number {
  const text = values[name];
  if (text === undefined) return Infinity;
  const number = Number(text);
  if (Number.isFinite(number) && number >= 0) return number;
  console.error(`--${name} ${text} is not a number.`);
  process.exit(2);
}

function doorsOf(only: string | undefined): DoorName[] {
  const isDoor = (name: string): name is DoorName => (DOOR_NAMES as string[]).includes(name);
  return (only?.split(',') ?? DOOR_NAMES).map((name) => {
    if (isDoor(name)) return name;
    console.error(`--only ${name} is none of ${DOOR_NAMES.join(', ')}.`);
    process.exit(2);
  });
}

const seed = numberOf('seed');
const from = numberOf('from');
const inputs = numberOf('inputs');
const minutes = numberOf('minutes');
const names = doorsOf(values.only);
if (minutes === Infinity && inputs === Infinity) {
  console.error('Say --minutes or --inputs.');
  process.exit(2);
}

const folder = values.finds ?? mkdtempSync(path.join(tmpdir(), 'dicom-ledger-fuzz-'));
mkdirSync(folder, { recursive: true });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130));

let findCount = 0;
/** How often a sentence came, whatever the numbers in it: the first of a kind are shown. */
const kinds = new Map<string, number>();
function onFind({ door, number, sentence, file }: FoundInput): void {
  findCount++;
  const kind = `${door} ${sentence.replace(/\d+/g, '#')}`;
  const count = (kinds.get(kind) ?? 0) + 1;
  kinds.set(kind, count);
  if (count > SHOWN_OF_A_KIND) return;
  console.log(`FIND ${door} ${number}: ${sentence}\n  ${repeatCommand({ door, seed, number })}\n  ${file}.*`);
}

const states = names.map((name) => ({ name, ...doorOptions(name), next: from, done: 0 }));
const untilMs = Date.now() + minutes * 60_000;
const total = states.reduce((sum, { share }) => sum + share, 0);
console.log(`seed ${seed}, from ${from}, doors ${names.join(' ')}`);
do {
  const roundMs = Math.min(SLICE_MS * total, untilMs - Date.now());
  for (const state of states) {
    const { name: door, share, hangMs = HANG_MS } = state;
    const left = from + inputs - state.next;
    if (left <= 0) continue;
    const sliceMs = inputs === Infinity ? (roundMs * share) / total : Infinity;
    const slice = { door, seed, from: state.next, inputs: Math.min(left, 1e9), folder };
    const ran = await runSlice({ ...slice, untilMs: Math.min(untilMs, Date.now() + sliceMs), hangMs, onFind });
    state.next = ran.next;
    state.done += ran.done;
  }
} while (Date.now() < untilMs && states.some(({ next }) => from + inputs - next > 0));

for (const [kind, count] of kinds) if (count > SHOWN_OF_A_KIND) console.log(`${count} times: ${kind}`);
const counts = states.map(({ name, done }) => `${name} ${done}`).join(', ');
const all = states.reduce((sum, { done }) => sum + done, 0);
console.log(`seed ${seed}: ${all} inputs (${counts}), ${findCount} finds`);
if (findCount === 0 && values.finds === undefined) rmSync(folder, { recursive: true, force: true });
process.exit(findCount > 0 ? 1 : 0);
