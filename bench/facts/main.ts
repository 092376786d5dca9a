// What facts of the consortium cost a catalogue: the same images of release 2 with assignments, invitations, dismissals and several rings, and without.
// usage: npm run bench:facts -- [--instances 1000000] [--rounds 9] [--out bench/reports]; writes facts.md there.
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Catalog } from '../../src/catalog/catalog.js';
import type { Change, FactChange } from '../../src/catalog/change.js';
import { openTestCatalog } from '../../src/catalog/testing/open-test-catalog.js';
import { announcedChange, sealedChange } from '../catalog-changes.js';
import { REPORTS_FOLDER } from '../folders.js';
import { commandOf, commit, load, machine } from '../machine.js';
import { markdownTable, row } from '../markdown-table.js';
import { median, quantile } from '../statistics.js';
import { factsBefore, factsOfStudy } from './facts.js';
import { imageOf, PER_STUDY, SITES } from './images.js';
import { searches } from './searches.js';

const { values: args } = parseArgs({
  options: {
    instances: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '9' },
    out: { type: 'string', default: REPORTS_FOLDER },
  },
});
const total = Number(args.instances);
const rounds = Number(args.rounds);
const PER_BLOCK = 10 * PER_STUDY;
/** Stores of one image that are measured in each round, as a server takes them: a block that announces it, and one that seals it. */
const STORES = 20;
/** A measurement of a search takes so many milliseconds at least. */
const SEARCH_MS = 50;

/** One of the two catalogues. */
interface Side {
  hasFacts: boolean;
  file: string;
  catalog: Catalog;
  blocks: number;
}

const before = machine();
const folder = mkdtempSync(path.join(tmpdir(), 'ledger-facts-'));
try {
  const sides = [false, true].map((hasFacts): Side => {
    const file = path.join(folder, `${hasFacts ? 'with' : 'without'}.sqlite`);
    const additions = Array.from({ length: SITES }, (_, i) => i + 1);
    return { hasFacts, file, catalog: openTestCatalog({ file, site: { additions } }), blocks: 0 };
  });
  const [without, withFacts] = sides as [Side, Side];
  const filling = await fill(sides);
  const storing = await measureStores(sides);
  const rows: string[][] = [
    cells('an image of 500 in a block', filling),
    cells('an image that is stored alone', storing),
  ];
  for (const { name, run } of searches(total)) {
    console.error(name);
    rows.push(cells(name, await inTurns(sides, ({ catalog }) => searchMs(() => run(catalog)))));
  }
  const counts = await withFacts.catalog.seenBy('everything').counts();
  mkdirSync(args.out, { recursive: true });
  const page = `# What facts of the consortium cost the catalogue

\`${commandOf('facts')}\`, ${new Date().toISOString()}, commit ${commit()}.

${before.cores} × ${before.cpu}, ${before.memoryGB} GB, Linux ${before.kernel}, node ${before.node}; load ${before.load.join(' ')} before, ${load().join(' ')} after.

Two catalogues of ${total.toLocaleString('en')} images of ${SITES} sites, in studies of ${PER_STUDY}, filled and asked in turns: one of them without facts, each site with one ring; the other with
${factsBefore().length.toLocaleString('en')} assignments and dismissals, ${factsOfStudy(0).length} invitations for each study, and eight rings for each site. One study of a hundred has a series of a second site,
which is an addition where it was invited. Processor time, medians of ${rounds} rounds (5th to 95th percentile); the files have ${megabytes(without)} and ${megabytes(withFacts)} MB,
the one with facts ${JSON.stringify(counts)}.

${markdownTable(
  ['', 'without', 'with', 'ratio'],
  rows.map(([what = '', ...rest]) => row(what, ...rest)),
)}
`;
  writeFileSync(path.join(args.out, 'facts.md'), page);
  console.log(page);
  await Promise.all(sides.map(({ catalog }) => catalog.close()));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Milliseconds an image, of each hundredth of the filling. */
async function fill(sides: readonly Side[]): Promise<number[][]> {
  const figures: number[][] = sides.map(() => []);
  for (const side of sides) if (side.hasFacts) await apply(side, numbered(factsBefore()));
  const part = Math.max(PER_BLOCK, Math.floor(total / 100 / PER_BLOCK) * PER_BLOCK);
  for (let from = 0; from < total; from += part) {
    const to = Math.min(total, from + part);
    for (const [i, side] of sides.entries()) {
      const begun = process.cpuUsage();
      for (let at = from; at < to; at += PER_BLOCK) await addImages(side, at, Math.min(to, at + PER_BLOCK));
      figures[i]!.push(millisecondsSince(begun) / (to - from));
    }
    if ((from / part) % 10 === 0) console.error(`${to.toLocaleString('en')}: ${figures.map((all) => all.at(-1)!.toFixed(3)).join(' and ')} ms each`); // prettier-ignore
  }
  return figures;
}

async function addImages(side: Side, from: number, to: number): Promise<void> {
  const indices = Array.from({ length: to - from }, (_, i) => from + i);
  await apply(
    side,
    indices.map((index, logIndex) => announcedChange(imageOf(index, { severalRings: side.hasFacts }), logIndex)),
  );
  await apply(side, indices.map(sealedChange));
  if (!side.hasFacts) return;
  const studies = indices.filter((index) => index % PER_STUDY === 0).map((index) => index / PER_STUDY);
  await apply(side, numbered(studies.flatMap(factsOfStudy)));
}

function numbered(facts: ReturnType<typeof factsBefore>): FactChange[] {
  return facts.map((fact, logIndex) => ({ ...fact, logIndex }));
}

async function apply(side: Side, changes: readonly Change[]): Promise<void> {
  const number = ++side.blocks;
  await side.catalog.apply({ number: BigInt(number), hash: `0x${number}`, timestamp: 1_000_000 + number }, [
    ...changes,
  ]);
}

/** Milliseconds for each. */
async function measureStores(sides: readonly Side[]): Promise<number[][]> {
  let next = Math.ceil(total / PER_STUDY) * PER_STUDY;
  const firsts = Array.from({ length: rounds + 1 }, () => (next += STORES) - STORES);
  const asked = sides.map(() => 0);
  return inTurns(sides, async (side, i) => {
    const first = firsts[asked[i]!++]!;
    const begun = process.cpuUsage();
    for (let index = first; index < first + STORES; index++) {
      await apply(side, [announcedChange(imageOf(index, { severalRings: side.hasFacts }), 0)]);
      await apply(side, [sealedChange(index, 0)]);
    }
    return millisecondsSince(begun) / STORES;
  });
}

/** In turns, so that what else the machine does falls on both; the first round is not counted. */
async function inTurns(
  sides: readonly Side[],
  measure: (side: Side, i: number) => Promise<number>,
): Promise<number[][]> {
  const figures: number[][] = sides.map(() => []);
  for (let round = 0; round <= rounds; round++)
    for (const [i, side] of sides.entries()) {
      const figure = await measure(side, i);
      if (round > 0) figures[i]!.push(figure);
    }
  return figures;
}

async function searchMs(search: () => Promise<unknown>): Promise<number> {
  const begun = process.cpuUsage();
  let count = 0;
  for (; count === 0 || millisecondsSince(begun) < SEARCH_MS; count++) await search();
  return millisecondsSince(begun) / count;
}

function millisecondsSince(begun: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1_000;
}

function cells(name: string, [without = [], withFacts = []]: number[][]): string[] {
  const shown = (values: readonly number[]): string =>
    `${digits(median(values))} ms (${digits(quantile(values, 0.05))}–${digits(quantile(values, 0.95))})`;
  return [name, shown(without), shown(withFacts), (median(withFacts) / median(without)).toFixed(2)];
}

function digits(value: number): string {
  return Number(value.toPrecision(3)).toString();
}

function megabytes({ file }: Side): string {
  return Math.round(statSync(file).size / 1e6).toLocaleString('en');
}
