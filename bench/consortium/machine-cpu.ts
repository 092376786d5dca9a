import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { CPU_TICKS_PER_SECOND } from '../../conformance/testing/process-stat.js';
import { sum } from '../statistics.js';

const QUIET_CORES = 0.4;
const QUIET_LOOKS = 2;
const QUIET_LOOK_SECONDS = 5;

/** All that was not idle since the machine began: user, nice, system, interrupts, and what the host gave to others. */
export function machineCpuSeconds(): number {
  const line = readFileSync('/proc/stat', 'utf8').split('\n')[0]!;
  const [user, nice, system, , , irq, softirq, steal] = line.split(/\s+/).slice(1).map(Number);
  return sum([user!, nice!, system!, irq!, softirq!, steal!]) / CPU_TICKS_PER_SECOND;
}

/** Returns once others leave the machine alone for a while, or `atMostSeconds` later. */
export async function untilQuiet({
  atMostSeconds,
  say,
}: {
  atMostSeconds: number;
  say: (sentence: string) => void;
}): Promise<void> {
  const end = performance.now() + atMostSeconds * 1000;
  for (let quiet = 0; quiet < QUIET_LOOKS && performance.now() < end;) {
    const before = machineCpuSeconds();
    await delay(QUIET_LOOK_SECONDS * 1000);
    const busyCores = (machineCpuSeconds() - before) / QUIET_LOOK_SECONDS;
    quiet = busyCores < QUIET_CORES ? quiet + 1 : 0;
    if (quiet === 0) say(`Waiting: others take ${busyCores.toFixed(1)} cores.`);
  }
}
