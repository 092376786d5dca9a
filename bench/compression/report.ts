import type { Machine } from '../machine.js';
import { markdownTable, row } from '../markdown-table.js';

/** What packing makes of files, without any chain; bytes, and milliseconds of one core. */
export interface SetSize {
  name: string;
  files: number;
  packedFiles: number;
  given: number;
  stored: number;
  packMs: number;
  unpackMs: number;
}

/** Storing and loading a series of `files` slices of `given` bytes, and first one slice alone. */
export interface SiteFigures {
  one: { storeSeconds: number; loadSeconds: number };
  files: number;
  given: number;
  storeSeconds: number;
  /** CPU seconds of server and node together. */
  storeCpu: number;
  loadSeconds: number;
  loadCpu: number;
  /** By which the chain's folder has grown. */
  chainBytes: number;
}

export interface CompressionRun {
  at: string;
  commit: string;
  machine: Machine;
  inFlight: number;
  sizes: SetSize[];
  /** `on` a chain as `--on` names it, with `compression` `on` or `off`. */
  chains: ({ on: string; compression: string } & SiteFigures)[];
}

const MB = 1e6;
const fixed = (number: number, digits = 2): string => (Number.isFinite(number) ? number.toFixed(digits) : '–');

/** The report as Markdown. */
export function reportOf(
  { at, commit, machine, inFlight, sizes, chains }: CompressionRun,
  args: readonly string[],
): string {
  return `# Piece compression

\`npm run bench:compression${args.length > 0 ? ` -- ${args.join(' ')}` : ''}\`, ${at}, commit ${commit}, Node ${machine.node}, ${machine.cores} cores of
${machine.cpu}.

## Bytes on the chain for each byte given

Time is of one core without chain and network, for each MB given; files that gain less than an eighth stay as they are (the time is
then that of finding out).

${markdownTable(
  ['images', 'files', 'packed', 'MB given', 'on the chain / given', 'packing, ms/MB', 'unpacking, ms/MB'],
  sizes.map(({ name, files, packedFiles, given, stored, packMs, unpackMs }) =>
    row(
      name,
      files,
      packedFiles,
      fixed(given / MB),
      fixed(stored / given, 3),
      fixed((packMs * MB) / given, 1),
      packedFiles === 0 ? '–' : fixed((unpackMs * MB) / given, 1),
    ),
  ),
)}

## Storing and loading

STOW-RS and WADO-RS of single objects, ${inFlight} requests in flight, ${chains[0]?.files} slices of the MR series, ${fixed((chains[0]?.given ?? 0) / MB, 1)} MB;
nothing is cached (CACHE_BYTES=0). CPU is of server and node together. The CT of wg04 (0.53 MB) is stored and loaded alone, on a server just started.

${markdownTable(
  [
    'chain',
    'compression',
    'storing, MB/s',
    'CPU, s/MB',
    'loading, MB/s',
    'CPU, s/MB',
    'growth of the chain’s folder / given',
    'CT stored, s',
    'CT loaded, s',
  ],
  chains.map(({ on, compression, given, storeSeconds, storeCpu, loadSeconds, loadCpu, chainBytes, one }) =>
    row(
      on === 'embedded' ? 'embedded' : `geth, ${on} signer`,
      compression,
      fixed(given / MB / storeSeconds),
      fixed((storeCpu * MB) / given),
      fixed(given / MB / loadSeconds),
      fixed((loadCpu * MB) / given, 3),
      on === 'embedded' ? fixed(chainBytes / given) : '–', // a node's folder is mostly its write-ahead log by then
      fixed(one.storeSeconds),
      fixed(one.loadSeconds, 3),
    ),
  ),
)}
`;
}
