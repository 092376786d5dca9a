import { processStat } from '../conformance/testing/process-stat.js';

/** CPU seconds by the name of a process. */
export type CpuSeconds = Record<string, number>;

/** CPU seconds of a process and all its threads, since it began. */
export function cpuSecondsOf(pid: number): number {
  return processStat(pid).cpuSeconds;
}

/** CPU seconds of processes by name, and of this one as `bench`. */
export function cpuSeconds(pids: Readonly<Record<string, number>>): CpuSeconds {
  const { user, system } = process.cpuUsage();
  const others = Object.entries(pids).map(([name, pid]) => [name, cpuSecondsOf(pid)]);
  return { bench: (user + system) / 1e6, ...(Object.fromEntries(others) as CpuSeconds) };
}

/** What each took between two looks. */
export function since(before: CpuSeconds, after: CpuSeconds): CpuSeconds {
  return Object.fromEntries(Object.entries(after).map(([name, seconds]) => [name, seconds - before[name]!]));
}
