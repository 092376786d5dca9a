import { readFileSync } from 'node:fs';
import type { NetworkSite } from '../../src/network/network.js';
import { mean, round, spread } from '../statistics.js';
import type { LogFigures } from './measured-sites.js';

/** Blocks that are near empty say nothing of what a byte takes. */
const LEAST_MGAS = 50;
const SECONDS: Record<string, number> = { µs: 1e-6, ms: 1e-3, s: 1 };

/** How long geth says that it took to build and import blocks between two moments (milliseconds since 1970), and how many it undid. */
export function logFigures(sites: readonly NetworkSite[], from: number, to: number): LogFigures {
  const found = { build: [] as number[], import: [] as number[], reorgs: [] as number[], sealed: 0 };
  for (const { node } of sites) {
    const lines = readFileSync(node.logFile, 'utf8')
      .split('\n')
      .filter((line) => isBetween(line, from, to));
    found.reorgs.push(lines.filter((line) => line.includes('Chain reorg detected')).length);
    found.sealed += lines.filter((line) => line.includes('Successfully sealed new block')).length;
    for (const line of lines) {
      if (line.includes('Commit new sealing work')) found.build.push(...elapsed(line, 'gas', 1e6));
      if (line.includes('Imported new chain segment') || line.includes('Imported new potential chain segment'))
        found.import.push(...elapsed(line, 'mgas', 1));
    }
  }
  return {
    buildSecondsPerGgas: spread(found.build),
    buildsPerNode: round(found.build.length / sites.length),
    importSecondsPerGgas: found.import.length > 0 ? spread(found.import) : undefined,
    reorgsPerNode: round(mean(found.reorgs)),
    blocksSealed: found.sealed,
  };
}

/** Seconds per 10⁹ gas, of a block that has enough. */
function elapsed(line: string, key: string, unit: number): number[] {
  const mgas = Number(new RegExp(` ${key}=([\\d.,]+)`).exec(line)?.[1]?.replaceAll(',', '')) / unit;
  const [, number, suffix] = /elapsed="?([\d.]+)(µs|ms|s)/.exec(line) ?? [];
  const seconds = Number(number) * (SECONDS[suffix ?? ''] ?? NaN);
  return mgas > LEAST_MGAS ? [(seconds / mgas) * 1000] : [];
}

/** `INFO [11-23|07:50:12.345] …`, local time. */
function isBetween(line: string, from: number, to: number): boolean {
  const [, month, day, time] = /\[(\d\d)-(\d\d)\|([\d:.]+)\]/.exec(line) ?? [];
  if (!time) return false;
  const at = new Date(`${new Date(from).getFullYear()}-${month}-${day}T${time}`).getTime();
  return at >= from && at <= to;
}
