// Runs inputs of one door in a process of its own, and writes before each which one it is: whatever an input does to this
// process, the parent knows which one it was.
import { openSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { choicesFor } from './choices.js';
import type { Door, Input } from './door.js';
import { doorOptions } from './doors.js';
import { Fatal } from './find.js';
import { repeatCommand } from './repeat-command.js';
import { findFile, type LaneInput, type LaneMessage } from './run-slice.js';

const INSPECT_EVERY = 1000;
const COLLECT_EVERY = 1000;
/** Opening a door may take all of its time on a busy machine. */
const LEAST_INPUTS = 100;

const slice = JSON.parse(process.argv[2]!) as LaneInput;
const { door: name, seed, from, inputs, untilMs, folder, maxRssBytes } = slice;
const progress = openSync(path.join(folder, 'progress'), 'w');

const end = from + inputs;
let next = from;
let done = 0;
let isOver = false;
const underWay = new Map<number, number>();
const isDue = (): boolean => !isOver && (Date.now() < untilMs || done < LEAST_INPUTS);

function tell(message: LaneMessage): Promise<void> {
  return new Promise((resolve) => process.send!(message, undefined, undefined, () => resolve()));
}

/** [number, begun at] of each input under way. */
function note(): void {
  writeSync(progress, JSON.stringify([...underWay]).padEnd(500), 0);
}

async function find(number: number, input: Input | undefined, thrown: unknown): Promise<void> {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const file = findFile(slice, number);
  if (input) writeFileSync(`${file}.bin`, input.bytes);
  const cause = error.cause instanceof Error ? error.cause.stack : '';
  const again = repeatCommand({ door: name, seed, number });
  writeFileSync(`${file}.txt`, `${again}\n\n${input?.label ?? ''}\n\n${error.stack}\n${cause}\n`);
  isOver ||= error instanceof Fatal;
  await tell({ find: { number, sentence: error.message, file } });
}

async function runOne(door: Door, number: number): Promise<void> {
  let input: Input | undefined;
  underWay.set(number, Date.now());
  note();
  try {
    input = await door.make(choicesFor({ seed, door: name, number }), number);
    // Asked for alone it is to be looked at, whatever it does.
    if (inputs === 1) writeFileSync(`${findFile(slice, number)}.bin`, input.bytes);
    await door.run(input);
  } catch (error) {
    await find(number, input, error);
  }
  underWay.delete(number);
  note();
  done++;
  if (done % COLLECT_EVERY === 0) await collect();
  const rssBytes = process.resourceUsage().maxRSS * 1024;
  if (rssBytes <= maxRssBytes || isOver) return;
  isOver = true;
  await find(number, input, new Error(`The process takes ${rssBytes} bytes of memory, more than ${maxRssBytes}.`));
}

/** Only what stays is to count: statements of the catalogue end in a turn of the event loop after they were collected. */
async function collect(): Promise<void> {
  globalThis.gc?.();
  await nextTurn();
}

async function runAll(door: Door): Promise<void> {
  const { lanes = 1 } = door;
  while (isDue() && next < end) {
    const roundEnd = door.inspect ? Math.min(end, next + INSPECT_EVERY) : end;
    const lane = async (): Promise<void> => {
      while (isDue() && next < roundEnd) await runOne(door, next++);
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    if (door.inspect && !isOver) await door.inspect().catch((error: unknown) => find(next - 1, undefined, error));
  }
  await door.close();
}

try {
  await runAll(await doorOptions(name).open());
} catch (error) {
  // The door could not be opened or closed.
  await find(next, undefined, error);
  if (next === from) next++;
}
await tell({ done, next });
process.disconnect();
