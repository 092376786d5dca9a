// Runs inputs of one door in a process of its own, and writes before each which one it is: whatever an input does to this
// process, the parent knows which one it was.
import { openSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { choicesFor } from './choices.mjs';

const { door: name, seed, from, inputs, untilMs, folder, maxRssBytes } = JSON.parse(process.argv[2]);
const progress = openSync(path.join(folder, 'progress'), 'w');
const { openDoor } = await import(`./doors/${name}.mjs`);
const door = await openDoor();
const { lanes = 1, inspect } = door;

const end = from + inputs;
/** Opening a door may take all of its time on a busy machine. */
const least = 100;
let next = from;
let done = 0;
let isOver = false;
const underWay = new Map();
const isDue = () => !isOver && (Date.now() < untilMs || done < least);

const tell = (message) => new Promise((resolve) => process.send(message, resolve));

/** [number, begun at] of each input under way. */
function note() {
  writeSync(progress, JSON.stringify([...underWay]).padEnd(500), 0);
}

async function find(number, input, error) {
  const file = path.join(folder, `${name}-seed-${seed}-number-${number}`);
  if (input) writeFileSync(`${file}.bin`, input.bytes);
  writeFileSync(`${file}.txt`, `${input?.label ?? ''}\n\n${error.stack}\n${error.cause?.stack ?? ''}\n`);
  await tell({ find: { number, sentence: error.message, file } });
}

async function runOne(number) {
  let input;
  underWay.set(number, Date.now());
  note();
  try {
    input = await door.make(choicesFor({ seed, door: name, number }), number);
    // Asked for alone it is to be looked at, whatever it does.
    if (inputs === 1) writeFileSync(path.join(folder, `${name}-seed-${seed}-number-${number}.bin`), input.bytes);
    await door.run(input, number);
  } catch (error) {
    await find(number, input, error);
    isOver ||= error.isFatal === true;
  }
  underWay.delete(number);
  note();
  done++;
  if (done % 1000 === 0) await collect();
  const rssBytes = process.resourceUsage().maxRSS * 1024;
  if (rssBytes <= maxRssBytes || isOver) return;
  isOver = true;
  await find(number, input, new Error(`The process takes ${rssBytes} bytes of memory, more than ${maxRssBytes}.`));
}

/** Only what stays is to count: statements of the catalogue end in a turn of the event loop after they were collected. */
async function collect() {
  globalThis.gc();
  await nextTurn();
}

while (isDue() && next < end) {
  const roundEnd = inspect ? Math.min(end, next + 1000) : end;
  const lane = async () => {
    while (isDue() && next < roundEnd) await runOne(next++);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  if (inspect && !isOver) await inspect().catch((error) => find(next - 1, undefined, error));
}

await door.close();
await tell({ done, next });
process.disconnect();
