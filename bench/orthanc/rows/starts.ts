import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Archive, ArchiveName, Archives } from '../servers/archive.js';
import type { Work } from './row.js';

const PAIRS = 3;
const SETTLE_MS = 2_000;

/** From the process to its being ready. */
export const startWork = (archives: readonly Archive[], name: string): Work => ({
  ...{ group: 'Start', archives, pairs: PAIRS, rows: [{ name, unit: 's' }] },
  sample: async (archive) => {
    await archive.stop();
    return { values: [await archive.start()] };
  },
});

/** Resident memory in MB of 10⁶ bytes. */
function residentMB({ pid }: Archive, line: 'VmRSS' | 'VmHWM'): number {
  const kibibytes = new RegExp(`${line}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round((Number(kibibytes) * 1024) / 1e6);
}

/** Memory when idle after a start, which `noteIdle` has to look at, and after what was done since. */
export function createMemoryWork(archives: Archives): { noteIdle(): Promise<void>; work: Work } {
  const idle: Partial<Record<ArchiveName, number>> = {};
  return {
    noteIdle: async () => {
      await delay(SETTLE_MS);
      for (const archive of archives) idle[archive.name] = residentMB(archive, 'VmRSS');
    },
    work: {
      ...{ group: 'Memory', archives, pairs: 1 },
      rows: [
        { name: 'RSS idle', unit: 'MB' },
        { name: 'RSS after all reads and stores', unit: 'MB' },
        { name: 'RSS peak', unit: 'MB' },
      ],
      sample: async (archive) => ({
        values: [idle[archive.name] ?? NaN, residentMB(archive, 'VmRSS'), residentMB(archive, 'VmHWM')],
      }),
    },
  };
}
