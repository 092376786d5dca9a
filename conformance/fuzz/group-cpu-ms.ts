import { readdirSync } from 'node:fs';
import { processStat } from '../testing/process-stat.js';

/** Processor time of all that run in a process group, in milliseconds. */
export function groupCpuMs(group: number): number {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.reduce((sum, pid) => sum + 1_000 * cpuSecondsIn(group, Number(pid)), 0);
}

/** 0 for one of another group, or that has ended. */
function cpuSecondsIn(group: number, pid: number): number {
  try {
    const stat = processStat(pid);
    return stat.group === group ? stat.cpuSeconds : 0;
  } catch {
    return 0;
  }
}
