// disk.json as a page to read.
import { totalOf } from './folders.mjs';

const row = (...cells) => `| ${cells.join(' | ')} |`;
const table = (head, rows) => [row(...head), row(...head.map((_, i) => (i ? '--:' : '---'))), ...rows].join('\n');
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const MB = (bytes) => (bytes / 1e6).toFixed(1);

export function reportOf({ at, commit, machine, beds }, args) {
  return `# Bytes on the disk for each byte of an image

\`npm run bench:disk${args.length > 0 ? ` -- ${args.join(' ')}` : ''}\`, ${at}, commit ${commit}.
Linux ${machine.kernel}, node ${machine.node}${machine.geth ? `, geth ${machine.geth} (hash scheme, archive, \`--cache 128\`)` : ''}. What files take on the disk (\`st_blocks\`), in the mean over the sites of a network. Previews, headers
and transactions are in the numerator, image files alone in the denominator. Images go in by STOW-RS at the first site, 8 at a time.

${beds.map(bedPart).join('\n')}`;
}

function bedPart({ data, bed, images, imageBytes, blocks, begin, growing, settled, stopped, compacted, content }) {
  const last = growing.at(-1);
  const moments = [
    ['empty', begin],
    ['all stored, running', last],
    ['settled, running', settled],
    ['stopped', stopped],
    ['compacted', compacted],
  ];
  const perByte = (bytes) => (bytes / imageBytes).toFixed(2);
  const kindsOf = (where) => Object.keys(begin[where][0] ?? {});
  const rows = ['nodes', 'sites'].flatMap((where) =>
    begin[where].length === 0
      ? []
      : [
          row(
            `**${where === 'nodes' ? 'node' : 'site'}, all**`,
            ...moments.map(([, look]) => `**${perByte(mean(look[where].map(totalOf)))}**`),
          ),
          ...kindsOf(where)
            .filter((kind) => moments.some(([, look]) => mean(look[where].map((of) => of[kind])) > imageBytes / 1000))
            .map((kind) => row(kind, ...moments.map(([, look]) => perByte(mean(look[where].map((of) => of[kind])))))),
        ],
  );
  return `## ${data} on ${bed}: ${images} images, ${MB(imageBytes)} MB, ${blocks} blocks

Bytes for each image byte:

${table(['', ...moments.map(([name]) => name)], rows)}
${growthPart({ growing, imageBytes })}
${content ? contentPart(content, { imageBytes }) : ''}`;
}

/** What each quarter of the images added. */
function growthPart({ growing }) {
  const where = growing[0].nodes.length > 0 ? 'nodes' : 'sites';
  const cells = growing.map((look) => `${MB(look.imageBytes)} MB: ${MB(mean(look[where].map(totalOf)))}`);
  return `
Whole ${where === 'nodes' ? 'node' : 'site'} while running, MB on disk at MB of images: ${cells.join(', ')}.
`;
}

function contentPart(content, { imageBytes }) {
  const named = Object.entries(content).sort(([, a], [, b]) => b.bytes - a.bytes);
  const rows = named
    .filter(([, { bytes }]) => bytes > imageBytes / 2000)
    .map(([name, { bytes, items }]) =>
      row(name, items.toLocaleString('en'), MB(bytes), (bytes / imageBytes).toFixed(3)),
    );
  const idle = ['Headers', 'Difficulties', 'Block number->hash', 'Block hash->number']
    .map((name) => content[name])
    .reduce((sum, of) => sum + (of ? of.bytes / of.items : 0), 0);
  return `
What lies in the first node's database (\`geth db inspect\`: before its own compression and order):

${table(['', 'entries', 'MB', 'for each image byte'], rows)}

A block without a transaction keeps about ${idle.toFixed(0)} bytes here (header, difficulty, its number and hash).
`;
}
