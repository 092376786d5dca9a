import { readdirSync, readFileSync } from 'node:fs';

/** As Linux gives times to programs (USER_HZ). */
const TICK_MS = 10;

/** Processor time of all that run in a process group, in milliseconds (proc(5), `stat`). */
export function groupCpuMs(group: number): number {
  let ticks = 0;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const fields = statOf(name);
    if (Number(fields[GROUP]) === group) ticks += Number(fields[USER]) + Number(fields[SYSTEM]);
  }
  return ticks * TICK_MS;
}

const GROUP = 2;
const USER = 11;
const SYSTEM = 12;

/** The fields behind the name, which may have spaces and brackets; none when the process has ended. */
function statOf(pid: string): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
