import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { median } from '../statistics.js';

const SAMPLE_EVERY_MS = 50;

/** Memory of a process as Linux counts it, in MB of 10⁶ bytes; the peak since the process began or `forgetPeak` was called. */
export interface Memory {
  rssMB: number;
  peakMB: number;
}

/** What a step took. */
export interface StepFigures {
  seconds: number;
  peakMB: number;
  medianMB: number;
  afterMB: number;
}

function readMemory(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name: string): number =>
    Math.round(Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) * 1.024) / 1000);
  return { rssMB: of('VmRSS'), peakMB: of('VmHWM') };
}

/** Lets the kernel count VmHWM anew (proc_pid_clear_refs(5)). */
function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** What an idle process holds: the median of `seconds`, after as many to settle. */
export async function idleMemory(pid: number, seconds: number): Promise<number> {
  await delay(seconds * 1000);
  const samples: number[] = [];
  for (const end = performance.now() + seconds * 1000; performance.now() < end; await delay(SAMPLE_EVERY_MS))
    samples.push(readMemory(pid).rssMB);
  return median(samples);
}

/** Runs `work` and says how long it took and what the process held at most meanwhile, in the median and right after. */
export async function measureStep<T extends object | void>(
  pid: number,
  work: () => Promise<T>,
): Promise<T & StepFigures> {
  forgetPeak(pid);
  const samples: number[] = [];
  const timer = setInterval(() => samples.push(readMemory(pid).rssMB), SAMPLE_EVERY_MS);
  const begun = performance.now();
  try {
    const result = await work();
    const seconds = (performance.now() - begun) / 1000;
    const { rssMB, peakMB } = readMemory(pid);
    samples.push(rssMB);
    return { ...result, seconds, peakMB, medianMB: median(samples), afterMB: rssMB };
  } finally {
    clearInterval(timer);
  }
}
