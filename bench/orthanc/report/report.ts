import { markdownTable, row } from '../../markdown-table.js';
import { round } from '../../statistics.js';
import { ORTHANC_SETTINGS } from '../servers/open-orthanc.js';
import type { MeasuredRow, OrthancRun, ServerFigures, SpreadOfRuns } from './results.js';

/** The report as Markdown. */
export function reportOf(run: OrthancRun): string {
  const { machine, orthanc, catalog, sizes, faults, diskBytes } = run;
  const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
  return `# Beside Orthanc: the same files, the same requests, in turn

\`${run.command}\`, ${run.at}, commit ${run.commit}.

${machine.cores} × ${machine.cpu}, ${machine.memoryGB} GB, Linux ${machine.kernel}, node ${machine.node}; load ${machine.load.join(' ')} before, ${machine.loadAtEnd?.join(' ')} after.
Both servers and the process that makes the load share this machine.

- **Orthanc** ${orthanc.version} with DICOMweb ${orthanc.dicomWeb} (${orthanc.plugins.join(', ')}), as its package has it, with
  \`${JSON.stringify(ORTHANC_SETTINGS)}\`. Decoded frames of JPEG 2000 end the process of Debian's; so frames are decoded from JPEG-LS.
- **Ours** as \`npm start\` starts it, on the embedded chain, with its own token; REQUESTS_PER_MINUTE is out of the way, since all the
  load comes from one caller. It answers a store when the instance is sealed on the chain; Orthanc when the file is synced.
- **Images**: ${run.images} Both have the same bytes. Storing always takes objects that neither has.
- **Load**: one node process, undici without pipelining, a connection for each client, which asks for the next when the last byte of an
  answer has come. Nothing is given up: a run ends with the last answer. Answers of both are compared before a row is measured, by count
  and bytes; while it is measured, one that is not 200 or is too short makes the run void.
- **Ratio**: ours : Orthanc of one pair of runs, median of at most ${sizes.pairs} pairs (least–most); more is better for ours. CPU: milliseconds of
  processor, all threads of a server, for each request or each stored object, ours / Orthanc. Cores: those that are kept busy.
- A thumbnail is Orthanc's \`/rendered\`, since this one has no \`/thumbnail\`.
${catalog ? catalogLine(catalog) : ''}
${groupsOf(run.rows)
  .map(({ group, rows }) => `## ${group}\n\n${tableOf(rows)}\n`)
  .join('\n')}
${diskBytes ? `On the disk at the end: ours ${megabytes(diskBytes.ours)}, Orthanc ${megabytes(diskBytes.Orthanc)}.\n` : ''}
## What went wrong

${faults.length === 0 ? 'Nothing.' : faults.map(({ row: name, archive, what }) => `- ${name}: ${archive === undefined ? '' : `${archive}: `}${what}`).join('\n')}

![ratios](orthanc.svg)
`;
}

const catalogLine = ({ instances, oursAlone, fillSeconds }: NonNullable<OrthancRun['catalog']>): string =>
  `- **Catalogue**: ${instances.toLocaleString('en')} instances in both, five in a series, two series in a study, with 51 attributes; ours filled through the follower's
  projection in ${Math.round(fillSeconds.ours)} s, Orthanc by POST /instances in ${Math.round(fillSeconds.Orthanc)} s.${oursAlone === undefined ? '' : ` Another of ours alone has ${oursAlone.instances.toLocaleString('en')}, filled in ${Math.round(oursAlone.fillSeconds)} s.`}
`;

function groupsOf(rows: readonly MeasuredRow[]): { group: string; rows: MeasuredRow[] }[] {
  return [...new Set(rows.map(({ group }) => group))].map((group) => ({
    group,
    rows: rows.filter((one) => one.group === group),
  }));
}

const tableOf = (rows: readonly MeasuredRow[]): string =>
  markdownTable(
    ['', 'ours', 'Orthanc', 'ratio', 'CPU, ms', 'cores', 'p99, ms'],
    rows.map(({ name, unit, ours, orthanc, ratio, isEqual }) =>
      row(
        ...[`${name}, ${unit}`, valueOf(ours), valueOf(orthanc)],
        ratio ? ratioText(ratio) : isEqual ? '–' : 'answers differ',
        ...(['cpuMs', 'cores', 'p99Ms'] as const).map((figure) => bothOf(ours, orthanc, figure)),
      ),
    ),
  );

const digits = (value: number): string =>
  Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3)));
const valueOf = ({ median, count }: ServerFigures): string => (count === 0 ? '–' : digits(median));
const ratioText = ({ median, least, most, count }: SpreadOfRuns): string =>
  count === 1 ? digits(median) : `${digits(median)} (${digits(least)}–${digits(most)})`;

function bothOf(ours: ServerFigures, orthanc: ServerFigures, figure: 'cpuMs' | 'cores' | 'p99Ms'): string {
  const [a, b] = [ours[figure], orthanc[figure]];
  const text = (value: number | undefined): string => (value === undefined ? '–' : digits(value));
  return a === undefined && b === undefined ? '' : `${text(a)} / ${text(b)}`;
}

/** Ours : Orthanc by the name of the row. */
export const ratiosOf = (rows: readonly MeasuredRow[]): Record<string, number> =>
  Object.fromEntries(rows.flatMap(({ name, ratio }) => (ratio ? [[name, round(ratio.median)]] : [])));
