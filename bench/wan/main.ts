// A consortium of three sites over lines with delay and loss, each site in a network namespace of its own.
// usage: npm run bench:wan -- [--small] [--out bench/reports]; needs root, Go and geth; about 25 minutes, with --small 3.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { findGeth } from '../../src/network/open-node.js';
import { REPORTS_FOLDER } from '../folders.js';
import { commandOf, commit, load, machine } from '../machine.js';
import { markdownTable, row } from '../markdown-table.js';
import { openDelayLine, type Carried, type Line } from './delay-line.js';
import { foundConsortium } from './found.js';
import { measure, type Amounts, type WanFigures } from './measure.js';
import { addressOf, deviceOf, type WanSite } from './wan-site.js';

const { values: args } = parseArgs({
  options: {
    small: { type: 'boolean', default: false },
    out: { type: 'string', default: REPORTS_FOLDER },
  },
});

const SITES = 3;
const PERIOD_SECONDS = 1;
const LAN: Line = { delayMs: 0, loss: 0, bytesPerSecond: 125_000_000 };
const WAN: Line = { delayMs: 50, loss: 0.01, bytesPerSecond: 12_500_000 };

interface Case {
  name: string;
  line: Line;
  congestionControl: string;
  blockGas: number;
}
const CASES: Case[] = [
  { name: 'LAN', line: LAN, congestionControl: 'cubic', blockGas: 800_000_000 },
  { name: 'WAN, BBR, small blocks', line: WAN, congestionControl: 'bbr', blockGas: 270_000_000 },
  { name: 'WAN, BBR', line: WAN, congestionControl: 'bbr', blockGas: 800_000_000 },
  { name: 'WAN, CUBIC, small blocks', line: WAN, congestionControl: 'cubic', blockGas: 130_000_000 },
  { name: 'WAN, CUBIC', line: WAN, congestionControl: 'cubic', blockGas: 800_000_000 },
];
const cases = args.small ? CASES.filter(({ name }) => name === 'WAN, BBR, small blocks') : CASES;
const amounts: Amounts = args.small
  ? { stores: 2, instances: 8, cutSeconds: 5 }
  : { stores: 7, instances: 16, cutSeconds: 20 };

const say = (sentence: string): void => console.error(`${new Date().toISOString().slice(11, 19)} ${sentence}`);
process.env['GETH'] = await findGeth();
const before = machine(process.env['GETH']);
const found: { name: string; figures: WanFigures; carried: Carried }[] = [];
for (const one of cases) {
  const measured = { name: one.name, ...(await run(one)) };
  say(JSON.stringify(measured));
  found.push(measured);
}
mkdirSync(args.out, { recursive: true });
writeFileSync(path.join(args.out, 'wan.md'), page());
console.log(page());
if (found.some(({ figures }) => figures.lost)) process.exit(1);

async function run({ name, line, ...chain }: Case): Promise<{ figures: WanFigures; carried: Carried }> {
  say(`${name}: a consortium is founded.`);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ledger-wan-'));
  const numbers = Array.from({ length: SITES }, (_, i) => i + 1);
  const devices = Object.fromEntries(numbers.map((number) => [deviceOf(number), addressOf(number)]));
  const lines = await openDelayLine(line, devices);
  const sites: WanSite[] = [];
  try {
    await foundConsortium(sites, { folder, sites: SITES, periodSeconds: PERIOD_SECONDS, ...chain });
    const figures = await measure(sites, amounts, {
      cut: ({ device }) => lines.cut(device),
      heal: ({ device }) => lines.heal(device),
      say: (sentence) => say(`${name}: ${sentence}`),
    });
    return { figures, carried: await lines.count() };
  } finally {
    for (const site of sites) await site.close();
    await lines.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function page(): string {
  const head = ['', ...found.map(({ name }) => name)];
  const of = (what: string, cell: (one: (typeof found)[number]) => string | number): string =>
    row(what, ...found.map(cell));
  const both = ({ median, p95 }: { median: number; p95: number }): string => `${median} (${p95})`;
  return `# Over a wide-area network

\`${commandOf('wan')}\`, ${new Date().toISOString()}, commit ${commit()}.

${before.cores} × ${before.cpu}, ${before.memoryGB} GB, Linux ${before.kernel}, node ${before.node}, geth ${before.geth}; load ${before.load.join(' ')} before, ${load().join(' ')} after.

Three sites, each a node and a server in a network namespace of its own, blocks each ${PERIOD_SECONDS} s. Between each two of them lies a line
(\`bench/wan/delay-line\`): in the LAN of 1 Gbit/s without delay, in the WAN of ${(WAN.bytesPerSecond * 8) / 1e6} Mbit/s with ${WAN.delayMs} ms in each direction, of
whose packets ${100 * WAN.loss} % are lost in each direction. Instances of noise, 0.5 MB each; blocks hold 800 M gas (3.7 MB), or where they are small
${markdownList()}.

${markdownTable(head, [
  of('a store, until its answer (sealed), s: median (95 %)', ({ figures }) => both(figures.storeSeconds)),
  of('its thumbnail at another site, s: median (95 %)', ({ figures }) => both(figures.firstViewSeconds)),
  of('stores at one site, MB/s', ({ figures }) => figures.oneSiteMBs),
  of('stores at all three, MB/s together', ({ figures }) => figures.allSitesMBs),
  of(`a killed node catches ${found[0]!.figures.catchUp.MB} MB up, s`, ({ figures }) => figures.catchUp.seconds),
  of(
    `after a cut of ${amounts.cutSeconds} s until all is stored and seen, s`,
    ({ figures }) => figures.afterCutSeconds,
  ),
  of('stores refused', ({ figures }) => figures.refused.count),
  of('of what was stored, lost', ({ figures }) => (figures.lost ? 'something' : 0)),
  of('packets lost by chance, of', ({ carried }) => `${carried.LostByChance} of ${carried.Packets}`),
  of('packets lost in a full queue', ({ carried }) => carried.LostInQueue),
])}
`;
}

function markdownList(): string {
  const small = CASES.filter(({ name }) => name.includes('small'));
  return small
    .map(({ congestionControl, blockGas }) => `${blockGas / 1e6} M (${congestionControl.toUpperCase()})`)
    .join(' and ');
}
