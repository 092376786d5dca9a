import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const lane = path.join(import.meta.dirname, 'lane.mjs');
const maxRssBytes = 800 * 1024 * 1024;
const lookEveryMs = 250;
/** What opens a door or looks through the server is no input and may take longer. */
const silentMs = 120_000;

/**
 * Runs inputs of one door from number `from` on, until there were `inputs` of them or the time is over, with a watchdog: an
 * input that takes longer than `hangMs` ends its process. Finds go to `onFind`; a hang counts when it hangs again alone.
 * @returns {Promise<{done: number, next: number}>}
 */
export async function runSlice({ hangMs, onFind, ...slice }) {
  let { from: next } = slice;
  const end = slice.from + slice.inputs;
  let done = 0;
  while (next < end && Date.now() < slice.untilMs) {
    const result = await runLane({ ...slice, from: next, inputs: end - next }, { hangMs, onFind });
    done += result.done;
    next = result.next;
    for (const { number, sentence } of result.ended) {
      const isAlone = slice.inputs === 1;
      const again = isAlone
        ? undefined
        : await runLane({ ...slice, from: number, inputs: 1, untilMs: Infinity }, { hangMs, onFind });
      if (again && again.ended.length === 0) console.log(`  ${slice.door} ${number}: ${sentence} Alone it does not.`);
      else onFind({ door: slice.door, number, sentence, file: fileOf(slice, number) });
    }
    if (slice.inputs === 1) break;
  }
  return { done, next };
}

const fileOf = ({ folder, door, seed }, number) => path.join(folder, `${door}-seed-${seed}-number-${number}`);

async function runLane(slice, { hangMs, onFind }) {
  const input = JSON.stringify({
    ...slice,
    untilMs: slice.untilMs === Infinity ? 8.64e15 : slice.untilMs,
    maxRssBytes,
  });
  // A group of its own, so that a server that it has started ends with it.
  const child = fork(lane, [input], {
    detached: true,
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const end = () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  };
  process.on('exit', end);
  let result;
  child.on('message', (message) => {
    if (message.find) onFind({ door: slice.door, ...message.find });
    else result = message;
  });
  const exit = once(child, 'exit');
  let hangs;
  let isOver = false;
  let changedAt = Date.now();
  let before = '';
  void exit.then(() => (isOver = true));
  while (!isOver && !hangs) {
    await Promise.race([delay(lookEveryMs), exit]);
    const text = progressOf(slice.folder);
    if (text !== before) changedAt = Date.now();
    before = text;
    const late = underWay(text).filter(([, begunAt]) => Date.now() - begunAt > hangMs);
    if (late.length > 0 && Date.now() - changedAt > lookEveryMs) hangs = late;
    if (Date.now() - changedAt > silentMs) hangs = underWay(text);
  }
  if (hangs) end();
  const [code, signal] = await exit;
  end();
  process.off('exit', end);
  if (result) return { ...result, ended: [] };
  const numbers = underWay(progressOf(slice.folder)).map(([number]) => number);
  const late = hangs?.map(([number]) => number) ?? numbers;
  const sentence = hangs ? `It hangs for ${hangMs} ms.` : `The process ended with ${signal ?? code}.`;
  const next = Math.max(slice.from, ...numbers) + 1;
  return { done: next - slice.from, next, ended: late.map((number) => ({ number, sentence })) };
}

function progressOf(folder) {
  try {
    return readFileSync(path.join(folder, 'progress'), 'utf8');
  } catch {
    return '';
  }
}

function underWay(text) {
  try {
    return JSON.parse(text);
  } catch {
    return [];
  }
}
