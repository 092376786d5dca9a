// How long geth says that it took to build and import blocks, and how many it undid.
import { readFileSync } from 'node:fs';
import { mean, round, spread } from './spread.mjs';

/** What the nodes' logs say of blocks with transactions: wall seconds, on cores that all share. */
export function logFigures(sites, from, to) {
  const found = { build: [], import: [], reorgs: [], sealed: 0 };
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

/** Blocks that are near empty say nothing of what a byte takes. */
const leastMgas = 50;

function elapsed(line, key, unit) {
  const mgas = Number(new RegExp(` ${key}=([\\d.,]+)`).exec(line)?.[1].replaceAll(',', '')) / unit;
  const [, number, suffix] = /elapsed="?([\d.]+)(µs|ms|s)/.exec(line) ?? [];
  const seconds = Number(number) * { µs: 1e-6, ms: 1e-3, s: 1 }[suffix];
  return mgas > leastMgas ? [(seconds / mgas) * 1000] : [];
}

/** `INFO [11-23|07:50:12.345] …`, local time. */
function isBetween(line, from, to) {
  const [, month, day, time] = /\[(\d\d)-(\d\d)\|([\d:.]+)\]/.exec(line) ?? [];
  if (!time) return false;
  const at = new Date(`${new Date(from).getFullYear()}-${month}-${day}T${time}`).getTime();
  return at >= from && at <= to;
}
