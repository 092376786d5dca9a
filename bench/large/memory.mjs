// Resident memory of a process as Linux counts it.
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { median } from '../server.mjs';

const sampleEveryMs = 50;
const names = { rss: 'VmRSS', peak: 'VmHWM', anonymous: 'RssAnon', file: 'RssFile' };

/** In MB (10^6 bytes); `peak` since the process began or `forgetPeak` was called. */
export function readMemory(pid) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const of = (name) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) * 1.024) / 1000;
  return Object.fromEntries(Object.entries(names).map(([key, name]) => [key, Math.round(of(name))]));
}

/** Lets the kernel count VmHWM anew (proc_pid_clear_refs(5)). */
function forgetPeak(pid) {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** What an idle process holds: the median of `seconds`, after as many to settle. */
export async function idleMemory(pid, seconds) {
  await delay(seconds * 1000);
  const samples = [];
  for (const end = performance.now() + seconds * 1000; performance.now() < end; await delay(sampleEveryMs))
    samples.push(readMemory(pid).rss);
  return median(samples);
}

/** Runs `work` and says how long it took and what the process held at most meanwhile, in the median and right after. */
export async function measureStep(pid, work) {
  forgetPeak(pid);
  const samples = [];
  const timer = setInterval(() => samples.push(readMemory(pid).rss), sampleEveryMs);
  const begun = performance.now();
  try {
    const result = await work();
    const seconds = (performance.now() - begun) / 1000;
    const { rss, peak } = readMemory(pid);
    samples.push(rss);
    return { ...result, seconds, peakMB: peak, medianMB: median(samples), afterMB: rss };
  } finally {
    clearInterval(timer);
  }
}
