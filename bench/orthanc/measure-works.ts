import { median } from '../statistics.js';
import type { MeasuredRow, Measured, ServerFigures } from './report/results.js';
import type { Archive, ArchiveName } from './servers/archive.js';
import { isMoreBetter, type Sample, type Work } from './rows/row.js';

export interface MeasureOptions {
  pairs: number;
  /** Whether a row is to be measured, by its name behind that of its group. */
  isWanted: (name: string) => boolean;
  /** A sentence as it happens. */
  say: (line: string) => void;
}

export const isWantedWork =
  ({ isWanted }: Pick<MeasureOptions, 'isWanted'>) =>
  ({ group, rows }: Work): boolean =>
    isWanted(`${group}: ${rows[0]!.name}`);

type Pair = Partial<Record<ArchiveName, Sample>>;

/** After so many failures of one server a row is given up. */
const MAX_FAULTS = 2;

/**
 * Runs each work with both servers in turn, the first of a pair being the other one each time. A server that has ended or has given
 * a wrong answer is started anew, and the run does not count; what differs between the two before the first run has no ratio.
 */
export async function measureWorks(
  works: readonly Work[],
  { pairs, say }: Pick<MeasureOptions, 'pairs' | 'say'>,
): Promise<Measured> {
  const measured: Measured = { rows: [], faults: [] };
  for (const work of works) {
    const { name } = work.rows[0]!;
    const note = (what: string, archive?: ArchiveName): void => {
      measured.faults.push({ row: name, ...(archive && { archive }), what });
      say(`  ${archive ?? 'both'}: ${what}`);
    };
    const { isEqual, failed } = await lookAtAnswers(work, note);
    const done: Pair[] = [];
    const faults: Record<ArchiveName, number> = { ours: 0, Orthanc: 0 };
    for (const of of failed) faults[of] = MAX_FAULTS;
    for (let pair = 0; pair < Math.min(pairs, work.pairs ?? pairs); pair++) {
      const one: Pair = {};
      for (const archive of pair % 2 === 0 ? work.archives : work.archives.toReversed()) {
        if (faults[archive.name] >= MAX_FAULTS) continue;
        try {
          one[archive.name] = await work.sample(archive, pair);
        } catch (error) {
          faults[archive.name]++;
          note((error as Error).message, archive.name);
          await startAnew(archive);
        }
      }
      done.push(one);
    }
    const rows = rowsOf(work, done, isEqual);
    measured.rows.push(...rows);
    for (const { name: of, unit, ours, orthanc, ratio } of rows)
      say(
        `${of}: ${shown(ours.median)} : ${shown(orthanc.median)} ${unit}, ${ratio ? `ratio ${shown(ratio.median)}` : 'no ratio'}`,
      );
  }
  return measured;
}

/** Whether both give the same answers, and who gives none. */
async function lookAtAnswers(
  { archives, check }: Work,
  note: (what: string, archive?: ArchiveName) => void,
): Promise<{ isEqual: boolean; failed: ArchiveName[] }> {
  const facts: string[][] = [];
  const failed: ArchiveName[] = [];
  for (const archive of check ? archives : [])
    try {
      facts.push((await check!(archive)).split('; '));
    } catch (error) {
      failed.push(archive.name);
      note((error as Error).message, archive.name);
      await startAnew(archive);
    }
  const [one = [], other = one] = facts;
  const at = one.findIndex((fact, i) => fact !== other[i]);
  if (at >= 0) note(`the answers differ: ${one[at]}; ${other[at]}`);
  return { isEqual: at < 0 && failed.length === 0, failed };
}

/** What it is still computing for nobody ends with it. */
async function startAnew(archive: Archive): Promise<void> {
  await archive.stop();
  await archive.start();
}

function rowsOf({ group, rows }: Work, pairs: readonly Pair[], isEqual: boolean): MeasuredRow[] {
  return rows.map(({ name, unit }, i) => {
    const ratios = pairs.flatMap(({ ours, Orthanc }) => {
      const [a, b] = [ours?.values[i], Orthanc?.values[i]];
      if (a === undefined || b === undefined || !(a > 0) || !(b > 0)) return [];
      return [isMoreBetter(unit) ? a / b : b / a];
    });
    return {
      ...{ group, name, unit, isEqual },
      ours: figuresOf(
        pairs.map(({ ours }) => ours),
        i,
      ),
      orthanc: figuresOf(
        pairs.map(({ Orthanc }) => Orthanc),
        i,
      ),
      ...(isEqual && ratios.length > 0 && { ratio: spreadOf(ratios) }),
    };
  });
}

function figuresOf(samples: readonly (Sample | undefined)[], i: number): ServerFigures {
  const right = samples.filter((sample): sample is Sample => sample !== undefined);
  const medianOf = (of: (sample: Sample) => number | undefined): number | undefined => {
    const values = right.map(of).filter((value): value is number => value !== undefined);
    return values.length === 0 ? undefined : median(values);
  };
  const [cpuMs, cores, p99Ms] =
    i > 0 ? [] : [medianOf((one) => one.cpuMs), medianOf((one) => one.cores), medianOf((one) => one.p99Ms)];
  return {
    ...spreadOf(right.map(({ values }) => values[i]!)),
    ...(cpuMs !== undefined && { cpuMs }),
    ...(cores !== undefined && { cores }),
    ...(p99Ms !== undefined && { p99Ms }),
  };
}

const spreadOf = (values: readonly number[]): { median: number; least: number; most: number; count: number } => ({
  median: median(values),
  least: Math.min(...values),
  most: Math.max(...values),
  count: values.length,
});

const shown = (value: number): string => Number(value.toPrecision(3)).toString();
