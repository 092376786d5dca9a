import type { Machine } from '../machine.js';
import { interpolatedMedian } from '../statistics.js';
import type { BedFigures, LimitSettings, PhaseRun } from './measure.js';
import type { TriedReading } from './raw-load.js';

/** `limit.json`. */
export interface LimitRun {
  at: string;
  commit: string;
  machine: Machine;
  settings: LimitSettings;
  beds: BedFigures[];
  /** By bed, as each has them. */
  ratios: Record<string, Record<string, number>>;
}

const TITLES: Record<string, string> = {
  a: 'a: signed transactions alone, stored',
  b: 'b: STOW-RS, sealed',
  c: 'c: `eth_getCode` in batches',
  d: 'd: WADO-RS, not cached',
  e: 'e: WADO-RS, cached',
};
const KINDS: Record<string, string> = { images: 'images of 0.5 MB', large: 'one large object' };

/** The report as Markdown. */
export function reportOf({ at, commit, machine, settings, beds }: LimitRun, args: readonly string[]): string {
  const { inFlight, perRequest, images, largeMB, repeats, server } = settings;
  const alone = inFlight.map((count) => `b${count}`).join(', ');
  return `# How near the archive comes to its chain

\`npm run bench:limit${args.length > 0 ? ` -- ${args.join(' ')}` : ''}\`, ${at}, commit ${commit}.

${machine.cores} × ${machine.cpu}, ${machine.memoryGB} GB, Linux ${machine.kernel}, node ${machine.node}${machine.geth ? `, geth ${machine.geth}` : ''};
load ${machine.load.join(' ')} before, ${machine.loadAtEnd?.join(' ')} after. All nodes, servers and the measuring process share this machine.

Each repeat stores ${images} objects of 0.5 MB and one of ${largeMB} MB, of noise, each phase its own: (a) as transactions that were encrypted,
planned and signed before by the archive's own code, sent to every node in batches of 1.9 MB, at most 244 of the 256 slots of a pool on their
way, until the last is in a block; its MB are those on the chain, with padding; (b) by STOW-RS at the first site, ${inFlight[0]} requests of ${perRequest}
objects each in flight (${alone}: as many requests of one object), until the last answer, which says "sealed"; its MB are those that were
given. (c) reads the code of (a) from the last site's node, decoded and not checked, in the best of nine ways; (d) and (e) read (b) by WADO-RS at
the last site, so many in flight. The phases take turns; medians of ${repeats}, in MB/s.${Object.keys(server).length > 0 ? ` Settings of the servers: ${JSON.stringify(server)}.` : ''}

${beds.map(bedPart).join('\n')}`;
}

function bedPart({ name, loading, phases, ratios }: BedFigures): string {
  const rows = Object.entries(phases).map(([key, { median: middle, runs }]) => {
    const [letter, kind] = key.split('.') as [string, string];
    const all = runs.map(({ MBPerSecond }) => MBPerSecond.toFixed(2)).join(', ');
    return `| ${titleOf(letter)} | ${KINDS[kind]!} | ${middle.toFixed(2)} | ${all} | ${cpuOf(runs)} |`;
  });
  const blocks = Object.entries(phases).flatMap(([key, { runs }]) => blockRow(key, runs));
  return `## ${name}

| phase | what | MB/s | each | CPU seconds per MB |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

${Object.entries(ratios)
  .map(([which, ratio]) => `- ${which}: **${(100 * ratio).toFixed(0)} %**`)
  .join('\n')}

${bestReading(loading)}
${blocks.length > 0 ? `\n| phase | blocks | empty | median MB of those that are not | largest MB | median part of the gas limit |\n| --- | --- | --- | --- | --- | --- |\n${blocks.join('\n')}\n` : ''}`;
}

function titleOf(phase: string): string {
  const title = TITLES[phase.charAt(0)] ?? phase;
  return phase.length === 1 ? title : `${phase}: ${title.slice(3)}, one object a request, ${phase.slice(1)} in flight`;
}

function bestReading(loading: readonly TriedReading[]): string {
  const [best] = loading;
  if (!best) return '';
  const all = loading.map(({ batch, inFlight, MBPerSecond }) => `${batch}×${inFlight}: ${MBPerSecond.toFixed(0)}`);
  return `Best reading: ${best.batch} codes a request, ${best.inFlight} in flight (${all.join(', ')} MB/s in the trial).`;
}

/** Medians by process; those of one kind together. */
function cpuOf(runs: readonly PhaseRun[]): string {
  const sums: Record<string, number> = {};
  for (const who of Object.keys(runs[0]?.cpuSecondsPerMB ?? {})) {
    const kind = who.split(' ').at(-1)!;
    sums[kind] = (sums[kind] ?? 0) + interpolatedMedian(runs.map(({ cpuSecondsPerMB }) => cpuSecondsPerMB[who]!));
  }
  return Object.entries(sums)
    .map(([kind, seconds]) => `${kind} ${seconds.toFixed(3)}`)
    .join(', ');
}

function blockRow(key: string, runs: readonly PhaseRun[]): string[] {
  const counted = runs.flatMap(({ blocks }) => (blocks ? [blocks] : []));
  if (counted.length === 0) return [];
  const count = counted.reduce((sum, one) => sum + one.count, 0);
  const empty = counted.reduce((sum, one) => sum + one.empty, 0);
  const full = counted.flatMap(({ blocks }) => blocks).filter(({ transactions }) => transactions > 0);
  if (full.length === 0) return [];
  const sizes = full.map(({ byteCount }) => byteCount / 1e6);
  const fill = 100 * interpolatedMedian(full.map((one) => one.fill));
  return [
    `| ${key} | ${count} | ${empty} | ${interpolatedMedian(sizes).toFixed(2)} | ${Math.max(...sizes).toFixed(2)} | ${fill.toFixed(0)} % |`,
  ];
}
