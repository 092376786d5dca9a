import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { DoorName } from './doors.js';
import { groupCpuMs } from './group-cpu-ms.js';

const LANE = path.join(import.meta.dirname, 'lane.js');
const MAX_RSS_BYTES = 800 * 1024 * 1024;
const LOOK_EVERY_MS = 250;
/** What opens a door or looks through the server is no input and may take longer. */
const SILENT_MS = 120_000;
/** Who waits and takes no processor time hangs after so many times `hangMs`: on a busy machine that is not the input's fault before. */
const WAITING_FACTOR = 12;
/** The last moment that a Date can hold. */
const END_OF_TIME_MS = 8.64e15;

/** Consecutive inputs of one door. */
export interface Slice {
  door: DoorName;
  seed: number;
  /** The number of the first input. */
  from: number;
  inputs: number;
  /** Nothing begins after this moment, in milliseconds since 1970. */
  untilMs: number;
  /** Where finds are written down. */
  folder: string;
}

/** What the process of a lane is told. */
export interface LaneInput extends Slice {
  maxRssBytes: number;
}

/** What an input has shown; `file` is the path of what is written down, without its ending. */
export interface LaneFind {
  number: number;
  sentence: string;
  file: string;
}

/** What the process of a lane tells: a find, or at its end how many inputs it ran and the number of the next. */
export type LaneMessage = { find: LaneFind } | { done: number; next: number };

export interface FoundInput extends LaneFind {
  door: DoorName;
}

interface Watch {
  hangMs: number;
  onFind: (find: FoundInput) => void;
}

interface LaneResult {
  done: number;
  next: number;
  /** What ended the process, by the number of each input that was under way. */
  ended: { number: number; sentence: string; isInput: boolean }[];
}

/**
 * Runs inputs of one door from number `from` on, until there were `inputs` of them or the time is over, with a watchdog: an
 * input that takes more than `hangMs` of processor time, or twelve times that by the clock, ends its process. Finds go to `onFind`. A hang and an end of the process count when they come
 * again with that input alone, and always when no input was under way.
 */
export async function runSlice({ hangMs, onFind, ...slice }: Slice & Watch): Promise<{ done: number; next: number }> {
  const watch = { hangMs, onFind };
  let { from: next } = slice;
  const end = slice.from + slice.inputs;
  let done = 0;
  while (next < end && Date.now() < slice.untilMs) {
    const result = await runLane({ ...slice, from: next, inputs: end - next }, watch);
    done += result.done;
    next = result.next;
    for (const { number, sentence, isInput } of result.ended) {
      const isAlone = slice.inputs === 1 || !isInput;
      const again = isAlone
        ? undefined
        : await runLane({ ...slice, from: number, inputs: 1, untilMs: Infinity }, watch);
      if (again && again.ended.length === 0) console.log(`  ${slice.door} ${number}: ${sentence} Alone it does not.`);
      else onFind({ door: slice.door, number, sentence, file: findFile(slice, number) });
    }
    if (slice.inputs === 1) break;
  }
  return { done, next };
}

/** Where a find is written down, without the ending. */
export function findFile({ folder, door, seed }: Pick<Slice, 'folder' | 'door' | 'seed'>, number: number): string {
  return path.join(folder, `${door}-seed-${seed}-number-${number}`);
}

async function runLane(slice: Slice, { hangMs, onFind }: Watch): Promise<LaneResult> {
  const input: LaneInput = { ...slice, untilMs: Math.min(slice.untilMs, END_OF_TIME_MS), maxRssBytes: MAX_RSS_BYTES };
  // A group of its own, so that a server that it has started ends with it.
  const child = fork(LANE, [JSON.stringify(input)], {
    detached: true,
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const end = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended already.
    }
  };
  process.on('exit', end);
  let result: { done: number; next: number } | undefined;
  child.on('message', (message: LaneMessage) => {
    if ('find' in message) onFind({ door: slice.door, ...message.find });
    else result = message;
  });
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const hanging = await watchProgress(slice.folder, { hangMs, exit, cpuMs: () => groupCpuMs(child.pid!) });
  if (hanging) end();
  const [code, signal] = await exit;
  end();
  process.off('exit', end);
  if (result) return { ...result, ended: [] };
  const numbers = underWay(progressOf(slice.folder)).map(([number]) => number);
  const sentence = hanging
    ? `It hangs for ${hanging.length > 0 ? hangMs : SILENT_MS} ms.`
    : `The process ended with ${signal ?? code}.`;
  const next = Math.max(slice.from, ...numbers) + 1;
  const late = hanging ?? numbers;
  const ended = late.map((number) => ({ number, sentence, isInput: true }));
  const between = { number: slice.from, sentence: `${sentence} No input was under way.`, isInput: false };
  return { done: next - slice.from, next, ended: late.length > 0 ? ended : [between] };
}

/** Resolves with undefined when the process has ended, or with the numbers of the inputs that hang: none when no input is under way. */
async function watchProgress(
  folder: string,
  { hangMs, exit, cpuMs }: { hangMs: number; exit: Promise<unknown>; cpuMs: () => number },
): Promise<number[] | undefined> {
  /** Processor time when an input was first seen, by its number. */
  const cpuAtFirst = new Map<number, number>();
  let isOver = false;
  let changedAt = Date.now();
  let before = '';
  void exit.then(() => (isOver = true));
  for (;;) {
    await Promise.race([delay(LOOK_EVERY_MS), exit]);
    if (isOver) return undefined;
    const text = progressOf(folder);
    if (text !== before) changedAt = Date.now();
    before = text;
    const silentMs = Date.now() - changedAt;
    if (silentMs > SILENT_MS) return underWay(text).map(([number]) => number);
    const inputs = underWay(text);
    for (const number of cpuAtFirst.keys()) if (!inputs.some(([one]) => one === number)) cpuAtFirst.delete(number);
    const cpuNow = cpuMs();
    for (const [number] of inputs) if (!cpuAtFirst.has(number)) cpuAtFirst.set(number, cpuNow);
    const late = inputs.filter(([number, begunAt]) => {
      const ms = Date.now() - begunAt;
      return ms > hangMs && (cpuNow - cpuAtFirst.get(number)! > hangMs || ms > WAITING_FACTOR * hangMs);
    });
    if (late.length > 0 && silentMs > LOOK_EVERY_MS) return late.map(([number]) => number);
  }
}

function progressOf(folder: string): string {
  try {
    return readFileSync(path.join(folder, 'progress'), 'utf8');
  } catch {
    return '';
  }
}

/** Number and moment of the beginning of each input under way. */
function underWay(text: string): [number: number, begunAt: number][] {
  try {
    return JSON.parse(text) as [number, number][];
  } catch {
    return [];
  }
}
