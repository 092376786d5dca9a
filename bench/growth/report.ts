import type { CatalogCounts } from '../../src/catalog/catalog.js';
import type { Machine } from '../machine.js';
import { markdownTable, row } from '../markdown-table.js';
import type { ChainFigures } from './chain.js';
import type { ServerFigures, Times } from './measure.js';

/** A server whose catalogue has so many instances. */
export type SizeFigures = ServerFigures &
  CatalogCounts & { instances: number; projectMsEach: number; catalogBytes: number };

/** `growth.json`. */
export interface GrowthRun {
  at: string;
  commit: string;
  machine: Machine;
  sizes: SizeFigures[];
  chain: ChainFigures[];
}

const ms = (value: number): string => value.toFixed(value < 10 ? 1 : 0);
const pair = ({ median, p95 }: Times): string => `${ms(median)} (${ms(p95)})`;
const count = (value: number): string => value.toLocaleString('en');

/** The report as Markdown. */
export function reportOf({ at, commit, machine, sizes, chain }: GrowthRun, args: readonly string[]): string {
  const columns = sizes.map(({ instances }) => count(instances));
  const of = (title: string, value: (size: SizeFigures) => string | number): string => row(title, ...sizes.map(value));
  const kinds = Object.keys(sizes[0]?.search ?? {});
  return `# What a store, a search and a start cost as the archive grows

\`npm run bench:growth${args.length > 0 ? ` -- ${args.join(' ')}` : ''}\`, ${at}, commit ${commit}.

${machine.cores} × ${machine.cpu}, ${machine.memoryGB} GB, Linux ${machine.kernel}, node ${machine.node}; load ${machine.load.join(' ')} before, ${machine.loadAtEnd?.join(' ')} after.
Server and measuring process share this machine; files are in the page cache.

## The catalogue

One server on the embedded chain. The rows of the catalogue are made by the follower's own functions (\`readEvents\`, \`changesOf\`, \`catalog.apply\`) from
header bodies of 51 attributes, previews of 8 KB, five instances a series, two series a study, two studies a patient, in blocks that the chain
really has. Start: the process until \`/readyz\` is 200, median of 3. Store: one new instance of 0.5 MB by STOW-RS until it is sealed, one at a time, 20
of them. Searches: 40 of each over HTTP, one at a time, other values each time, after one that is not counted. Milliseconds, median (p95).

${markdownTable(
  ['instances', ...columns],
  [
    of('studies', (size) => count(size.studies)),
    of('catalogue, MB', ({ catalogBytes }) => ms(catalogBytes / 1e6)),
    of('projecting one more instance', ({ projectMsEach }) => projectMsEach.toFixed(2)),
    of('start', ({ start }) => ms(start.seconds * 1000)),
    of('resident after the start, MB', ({ start }) => start.rssMB),
    of('… and after the stores and searches', ({ rssMB }) => rssMB.nowMB),
    of('**store** 0.5 MB', ({ store }) => pair(store)),
    ...kinds.map((kind) => of(`**search**: ${kind}`, ({ search }) => pair(search[kind]!))),
  ],
)}

Results in all, of the last search of its kind: ${kinds.map((kind) => `${kind} ${sizes.map(({ search }) => count(search[kind]!.total)).join(', ')}`).join('; ')}.

Two things grow with the number of studies, not with its logarithm, by the way they are made: a fuzzy name reads all names (\`patient_name\`), since a word may stand
anywhere in one, and a wildcard on any other text reads the JSON of every study. \`X-Total-Count\` and the count of additional results make a broad search count all its
results, a row of an index each.

![plot](growth.svg)
${chain.length > 0 ? chainPart(chain) : ''}`;
}

function chainPart(chain: readonly ChainFigures[]): string {
  const of = (title: string, value: (at: ChainFigures) => string | number): string => row(title, ...chain.map(value));
  return `
## The chain

Another server, whose embedded chain is filled by real stores of objects of 9 KB, 8 at a time.

${markdownTable(
  ['objects stored', ...chain.map(({ stored }) => count(stored))],
  [
    of('blocks', ({ blocks }) => count(blocks)),
    of('index of the chain, MB', ({ indexBytes }) => ms(indexBytes / 1e6)),
    of('its transactions, MB', ({ bodyBytes }) => ms(bodyBytes / 1e6)),
    of('start', ({ start }) => ms(start.seconds * 1000)),
    of('resident after the start, MB', ({ start }) => start.rssMB),
    of('**store** 0.5 MB', ({ store }) => pair(store)),
  ],
)}
`;
}
