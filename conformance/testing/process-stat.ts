import { readFileSync } from 'node:fs';

/** As Linux gives times to programs (USER_HZ). */
export const CPU_TICKS_PER_SECOND = 100;

const GROUP = 2;
const USER = 11;
const SYSTEM = 12;

/** The group of a process, and processor seconds of all its threads since it began (proc(5), `stat`). Throws when it has ended. */
export function processStat(pid: number): { group: number; cpuSeconds: number } {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // Before the fields stands the name, which may have spaces and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[USER]) + Number(fields[SYSTEM]);
  return { group: Number(fields[GROUP]), cpuSeconds: ticks / CPU_TICKS_PER_SECOND };
}
