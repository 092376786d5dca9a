import type { Machine } from '../machine.js';
import { markdownTable, row } from '../markdown-table.js';
import { mean } from '../statistics.js';
import { totalOf } from './folders.js';
import type { DatabaseContent } from './inspect.js';
import type { DiskLook } from './open-bed.js';

export interface BedFigures {
  /** The folder of the images. */
  data: string;
  bed: string;
  images: number;
  imageBytes: number;
  blocks: number;
  chainBytes: number | undefined;
  begin: DiskLook;
  /** After each quarter of the images. */
  growing: (DiskLook & { imageBytes: number })[];
  settled: DiskLook;
  stopped: DiskLook;
  compacted: DiskLook;
  content: DatabaseContent | undefined;
}

/** `disk.json`. */
export interface DiskRun {
  at: string;
  commit: string;
  machine: Machine;
  beds: BedFigures[];
}

const SECONDS_OF_YEAR = 365 * 86_400;
const MB = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** The report as Markdown. */
export function reportOf({ at, commit, machine, beds }: DiskRun, args: readonly string[]): string {
  return `# Bytes on the disk for each byte of an image

\`npm run bench:disk${args.length > 0 ? ` -- ${args.join(' ')}` : ''}\`, ${at}, commit ${commit}.
Linux ${machine.kernel}, node ${machine.node}${machine.geth ? `, geth ${machine.geth} (hash scheme, archive, \`--cache 128\`)` : ''}. What files take on the disk (\`st_blocks\`), in the mean over the sites of a network. Previews, headers
and transactions are in the numerator, image files alone in the denominator. Images go in by STOW-RS at the first site, 8 at a time.

${beds.map(bedPart).join('\n')}
${lowerPart(beds)}`;
}

function bedPart(figures: BedFigures): string {
  const { data, bed, images, imageBytes, blocks, begin, growing, settled, stopped, compacted } = figures;
  const last = growing.at(-1)!;
  const moments: [string, DiskLook][] = [
    ['empty', begin],
    ['all stored, running', last],
    ['settled, running', settled],
    ['stopped', stopped],
    ['compacted', compacted],
  ];
  const perByte = (bytes: number): string => (bytes / imageBytes).toFixed(2);
  const kindsOf = (where: 'nodes' | 'sites'): string[] => Object.keys(begin[where][0] ?? {});
  const rows = (['nodes', 'sites'] as const).flatMap((where) =>
    begin[where].length === 0
      ? []
      : [
          row(
            `**${where === 'nodes' ? 'node' : 'site'}, all**`,
            ...moments.map(([, look]) => `**${perByte(mean(look[where].map(totalOf)))}**`),
          ),
          ...kindsOf(where)
            .filter((kind) => moments.some(([, look]) => mean(look[where].map((of) => of[kind]!)) > imageBytes / 1000))
            .map((kind) => row(kind, ...moments.map(([, look]) => perByte(mean(look[where].map((of) => of[kind]!)))))),
        ],
  );
  return `## ${data} on ${bed}: ${images} images, ${MB(imageBytes)} MB, ${blocks} blocks

Bytes for each image byte:

${markdownTable(['', ...moments.map(([name]) => name)], rows)}
${growthPart(figures)}
${figures.content ? contentPart(figures, figures.content) : ''}`;
}

/** What a byte more takes, by the first and the last quarter, and what is there without any. */
function growthPart({ growing }: BedFigures): string {
  const where = growing[0]!.nodes.length > 0 ? 'nodes' : 'sites';
  const points = growing.map((look): [number, number] => [look.imageBytes, mean(look[where].map(totalOf))]);
  const cells = points.map(([images, bytes]) => `${MB(images)} MB: ${MB(bytes)}`);
  const [[x0, y0], [x1, y1]] = [points[0]!, points.at(-1)!];
  const slope = (y1 - y0) / (x1 - x0);
  return `
The whole ${where === 'nodes' ? 'node' : 'site'} while running, MB on the disk at MB of images: ${cells.join(', ')}. From the first to the last: ${slope.toFixed(2)} for each
byte more, ${MB(y0 - slope * x0)} MB whatever is stored.
`;
}

function contentPart({ imageBytes, chainBytes = 0 }: BedFigures, content: DatabaseContent): string {
  const named = Object.entries(content).sort(([, a], [, b]) => b.bytes - a.bytes);
  const rows = named
    .filter(([, { bytes }]) => bytes > imageBytes / 2000)
    .map(([name, { bytes, items }]) =>
      row(name, items.toLocaleString('en'), MB(bytes), (bytes / imageBytes).toFixed(3)),
    );
  const idle = ['Headers', 'Difficulties', 'Block number->hash', 'Block hash->number']
    .map((name) => sizeOf(content, name))
    .reduce((sum, of) => sum + of.bytes / of.items, 0);
  const inVain = {
    blocks: sizeOf(content, 'Headers').items - sizeOf(content, 'Block number->hash').items,
    bytes: Math.max(0, sizeOf(content, 'Bodies').bytes - chainBytes),
  };
  const yearGB = (idle * SECONDS_OF_YEAR) / 1e9;
  return `
What lies in the first node's database (\`geth db inspect\`: before its own compression):

${markdownTable(['', 'entries', 'MB', 'for each image byte'], rows)}

- Blocks that another took the place of, which archive nodes keep: ${inVain.blocks}, with ${MB(inVain.bytes)} MB of bodies (${(inVain.bytes / imageBytes).toFixed(2)} for each image byte) and the state
  that they made.
- A block without a transaction keeps about ${idle.toFixed(0)} bytes (header, difficulty, its number and hash): at one a second ${yearGB.toFixed(0)} GB a year before compression.
`;
}

/** Of a category of `geth db inspect`. */
function sizeOf(content: DatabaseContent, name: string): { bytes: number; items: number } {
  const size = content[name];
  if (!size) throw new Error(`geth db inspect has nothing of "${name}".`);
  return size;
}

/** What the figures say of making it less. */
function lowerPart(beds: readonly BedFigures[]): string {
  const networks = beds.flatMap(({ data, bed, imageBytes, chainBytes = 0, content }) =>
    content
      ? [
          {
            where: `${data}, ${bed}`,
            bodies: (sizeOf(content, 'Bodies').bytes / imageBytes).toFixed(2),
            codes: (sizeOf(content, 'Contract codes').bytes / imageBytes).toFixed(2),
            inVain: ((sizeOf(content, 'Bodies').bytes - chainBytes) / imageBytes).toFixed(2),
          },
        ]
      : [],
  );
  if (networks.length === 0) return '';
  const each = (key: 'bodies' | 'codes' | 'inVain'): string =>
    networks.map((of) => `${of[key]} (${of.where})`).join(', ');
  return `## What would lower it on a node

- **One of the two copies.** Each byte is in a block's body (${each('bodies')}) and in the state as code (${each('codes')}). Code is what is
  read; a body is needed by nodes that join. geth v1.13.15 has no command that drops bodies, \`--history.transactions\` is about the index of transactions
  alone, and the freezer moves what is deeper than 90,000 blocks (\`FullImmutabilityThreshold\`) into files of its own, compressed with Snappy, which gains nothing on JPEG.
- **Blocks in vain** (${each('inVain')} for each image byte) come when several signers, or one that is slow to write, seal at one height. The freezer deletes them, too,
  once they are 90,000 blocks deep (\`core/rawdb/chain_freezer.go\`; not measured here: a day at one block a second). More cores for each node and
  smaller blocks should make fewer; neither was tried here.
- **Compaction** gains what the write-ahead log holds: at most the two memtables, which \`--cache\` sizes, whatever is stored. The tables themselves do not shrink.
- **Tries, receipts, indexes** are a twentieth: an archive node costs next to nothing here.
- **Blocks without transactions** are made all day: with a period of 5 s they are a fifth.
- **Fewer bytes in** is what is left: pixel data that is not compressed yet can be compressed by piece before it is sent; JPEG and PNG cannot. A site's own folder is small, but
  for the cache (\`CACHE_BYTES\`), which takes one more byte for each that was read there.
`;
}
