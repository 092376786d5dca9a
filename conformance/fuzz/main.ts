// Sends damaged and hostile input through every door of the archive and looks whether anything crashes, hangs, grows or is half stored.
// usage: npm run fuzz -- --minutes N --seed S [--only dicom,query] [--inputs N] [--from N] [--finds <folder>]
// (needs a build; exit code 1 when there is a find). One input again: --only <door> --seed S --from N --inputs 1
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runSlice } from './fuzz/slice.mjs';

/** Share of the time, and how long one input may take. Those over HTTP stop themselves after 5 s and name the request. */
const doors = {
  dicom: { share: 4 },
  header: { share: 1 },
  image: { share: 1 },
  // Each of up to seven pictures of an input may take its 2 s.
  picture: { share: 2, hangMs: 20_000 },
  multipart: { share: 1 },
  accept: { share: 1 },
  texts: { share: 0.3 },
  query: { share: 2 },
  'http-search': { share: 1, hangMs: 60_000 },
  'http-retrieve': { share: 2, hangMs: 60_000 },
  'http-store': { share: 3, hangMs: 60_000 },
};
const sliceMs = 20_000;
const shownOfAKind = 3;

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
const [seed, from, inputs, minutes] = ['seed', 'from', 'inputs', 'minutes'].map((name) => {
  if (values[name] === undefined) return Infinity;
  const number = Number(values[name]);
  if (Number.isFinite(number) && number >= 0) return number;
  console.error(`--${name} ${values[name]} is not a number.`);
  process.exit(2);
});
const names = values.only?.split(',') ?? Object.keys(doors);
const unknown = names.find((name) => !(name in doors));
if (unknown !== undefined || (minutes === Infinity && inputs === Infinity)) {
  console.error(
    unknown === undefined
      ? 'Say --minutes or --inputs.'
      : `--only ${unknown} is none of ${Object.keys(doors).join(', ')}.`,
  );
  process.exit(2);
}

const folder = values.finds ?? mkdtempSync(path.join(tmpdir(), 'dicom-ledger-fuzz-'));
mkdirSync(folder, { recursive: true });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

const finds = [];
/** How often a sentence came, whatever the numbers in it: the first of a kind are shown. */
const kinds = new Map();
const onFind = ({ door, number, sentence, file }) => {
  finds.push({ door, number });
  const kind = `${door} ${sentence.replace(/\d+/g, '#')}`;
  kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  if (kinds.get(kind) > shownOfAKind) return;
  console.log(`FIND ${door} --seed ${seed} --from ${number}: ${sentence}\n  ${file}.*`);
};
const state = Object.fromEntries(names.map((name) => [name, { next: from, done: 0 }]));
const until = Date.now() + minutes * 60_000;
const total = names.reduce((sum, name) => sum + doors[name].share, 0);
console.log(`seed ${seed}, from ${from}, doors ${names.join(' ')}`);
do {
  const roundMs = Math.min(sliceMs * total, until - Date.now());
  for (const name of names) {
    const { share, hangMs = 5_000 } = doors[name];
    const one = state[name];
    const left = from + inputs - one.next;
    if (left <= 0) continue;
    const untilMs = Math.min(until, Date.now() + (inputs === Infinity ? (roundMs * share) / total : Infinity));
    const slice = { door: name, seed, from: one.next, inputs: Math.min(left, 1e9), untilMs, folder };
    const { done, next } = await runSlice({ ...slice, hangMs, onFind });
    one.next = next;
    one.done += done;
  }
} while (Date.now() < until && names.some((name) => from + inputs - state[name].next > 0));

for (const [kind, count] of kinds) if (count > shownOfAKind) console.log(`${count} times: ${kind}`);
const counts = names.map((name) => `${name} ${state[name].done}`).join(', ');
const all = names.reduce((sum, name) => sum + state[name].done, 0);
console.log(`seed ${seed}: ${all} inputs (${counts}), ${finds.length} finds`);
if (finds.length === 0 && values.finds === undefined) rmSync(folder, { recursive: true, force: true });
process.exit(finds.length > 0 ? 1 : 0);
