import { quantile } from '../statistics.js';
import { groupBy } from './group-by.js';
import { type Measure, measureNames, MEASURES } from './measures.js';
import { type Implementation, type Level, LEVELS, type Method, METHODS } from './passes.js';
import { type JoinedRecord, joinRecords, type PaperRecord, type TogetherRecord } from './records.js';
import { type Comparison, comparePairs, deviation, mean, total } from './statistics.js';

export const IMPLEMENTATIONS: readonly Implementation[] = ['paper', 'ours'];

/** Seconds. */
export interface MeanTime {
  mean: number;
  sd: number;
}

export interface FirstView {
  units: number;
  ratioToPaperWithoutPreview: number;
  slowerThanPaperWithPreview: number;
}

type OfImplementation<T> = Partial<Record<Implementation, T>>;

/** By the name of the method, where both have measured it. */
export interface Scope {
  times: OfImplementation<Record<string, Partial<Record<Measure, MeanTime>>>>;
  ratios: Record<string, Partial<Record<Measure, number>>>;
  statistics: OfImplementation<Partial<Record<Level, Comparison>>>;
  firstView: Partial<Record<Level, FirstView>>;
}

/** Of one pass. */
export interface PassFigures {
  count: number;
  byteCount: number;
  previewBytes: number;
}

export interface WholeSample {
  seconds: number;
  sd: number;
  kilobytesPerSecond: number;
}

/** In block periods; null where nothing was measured. */
export type Periods = { median: number; p95: number; maximum: number } | null;

export interface Summary {
  scopes: { sample: Scope; withoutAddedImage?: Scope };
  transactions: OfImplementation<Record<string, PassFigures>>;
  wholeSample: Partial<Record<'paper' | 'oneAtATime' | 'eightInFlight', WholeSample>> & {
    ratios: { oneAtATime: number | null; eightInFlight: number | null };
  };
  firstViewPeriods: { oneAtATime: Periods; eightInFlight: Periods };
}

/** Everything that is reported of a run, in seconds, from its records: means over the repeats, and the deviation between them. */
export function summarise(records: readonly PaperRecord[], { periodSeconds }: { periodSeconds: number }): Summary {
  const single = joinRecords(records);
  const together = records.filter((record) => 'together' in record);
  const hasAdded = single.some((record) => record.isAdded);
  return {
    scopes: {
      sample: scopeOf(single),
      ...(hasAdded && { withoutAddedImage: scopeOf(single.filter((record) => !record.isAdded)) }),
    },
    transactions: transactionsOf(single),
    wholeSample: wholeSampleOf(single, together),
    firstViewPeriods: firstViewPeriods(single, together, periodSeconds),
  };
}

function scopeOf(records: readonly JoinedRecord[]): Scope {
  const times = timesOf(records);
  return { times, ratios: ratiosOf(times), statistics: statisticsOf(records), firstView: firstViewOf(records) };
}

const select = (
  records: readonly JoinedRecord[],
  implementation: Implementation,
  { level, withPreview }: Omit<Method, 'name'>,
): JoinedRecord[] =>
  records.filter(
    (one) => one.implementation === implementation && one.level === level && one.withPreview === withPreview,
  );

function timesOf(records: readonly JoinedRecord[]): Scope['times'] {
  const times: Scope['times'] = {};
  for (const implementation of IMPLEMENTATIONS)
    for (const method of METHODS) {
      const own = select(records, implementation, method);
      if (own.length === 0) continue;
      for (const [measure, ms] of Object.entries(MEASURES) as [Measure, (record: JoinedRecord) => number][]) {
        const repeats = byRepeat(own, (record) => ms(record) / 1000).map(mean);
        ((times[implementation] ??= {})[method.name] ??= {})[measure] = { mean: mean(repeats), sd: deviation(repeats) };
      }
    }
  return times;
}

/** The values of every unit in each repeat; where a repeat left a unit out, the mean of those that did not stands for it. */
function byRepeat(records: readonly JoinedRecord[], valueOf: (record: JoinedRecord) => number): number[][] {
  const units = [...groupBy(records, ({ unit }) => unit).values()];
  return [...groupBy(records, ({ repeat }) => repeat).keys()].map((repeat) =>
    units.map((own) => {
      const there = own.find((record) => record.repeat === repeat);
      return there ? valueOf(there) : mean(own.map(valueOf));
    }),
  );
}

/** The paper's method divided by ours: how many times less ours takes. */
function ratiosOf({ paper = {}, ours = {} }: Scope['times']): Scope['ratios'] {
  const ratios: Scope['ratios'] = {};
  for (const { name } of METHODS) {
    const [theirs, own] = [paper[name], ours[name]];
    if (!theirs || !own) continue;
    ratios[name] = Object.fromEntries(
      measureNames.map((measure) => [measure, (theirs[measure]?.mean ?? NaN) / (own[measure]?.mean ?? NaN)]),
    );
  }
  return ratios;
}

/** Each unit's total first-viewable time without and with preview, as pairs of means over the repeats. */
function statisticsOf(records: readonly JoinedRecord[]): Scope['statistics'] {
  const statistics: Scope['statistics'] = {};
  for (const implementation of IMPLEMENTATIONS)
    for (const level of LEVELS) {
      const without = byUnit(select(records, implementation, { level, withPreview: false }));
      const withIt = byUnit(select(records, implementation, { level, withPreview: true }));
      const units = [...without.keys()].filter((unit) => withIt.has(unit));
      const valuesOf = (times: ReadonlyMap<string, number>): number[] => units.map((unit) => times.get(unit)!);
      (statistics[implementation] ??= {})[level] = comparePairs(valuesOf(without), valuesOf(withIt));
    }
  return statistics;
}

/** Seconds of the total first-viewable time by unit. */
export function byUnit(records: readonly JoinedRecord[]): Map<string, number> {
  const groups = groupBy(records, ({ unit }) => unit);
  return new Map([...groups].map(([unit, own]) => [unit, mean(own.map(MEASURES.totalFirstViewable)) / 1000]));
}

/** Ours with preview against the paper's method with it and without, unit by unit. */
function firstViewOf(records: readonly JoinedRecord[]): Scope['firstView'] {
  const firstView: Scope['firstView'] = {};
  for (const level of LEVELS) {
    const ours = byUnit(select(records, 'ours', { level, withPreview: true }));
    const without = byUnit(select(records, 'paper', { level, withPreview: false }));
    const withIt = byUnit(select(records, 'paper', { level, withPreview: true }));
    const units = [...ours.keys()].filter((unit) => without.has(unit) && withIt.has(unit));
    if (units.length === 0) continue;
    firstView[level] = {
      units: units.length,
      ratioToPaperWithoutPreview: mean([...without.values()]) / mean([...ours.values()]),
      slowerThanPaperWithPreview: units.filter((unit) => ours.get(unit)! > withIt.get(unit)!).length,
    };
  }
  return firstView;
}

/** Total first-viewable time of single images, in block periods. */
function firstViewPeriods(
  single: readonly JoinedRecord[],
  together: readonly TogetherRecord[],
  periodSeconds: number,
): Summary['firstViewPeriods'] {
  const alone = select(single, 'ours', { level: 'image', withPreview: true }).map(MEASURES.totalFirstViewable);
  const inFlight = together.flatMap(({ images }) => images.map(({ firstViewableStoringMs }) => firstViewableStoringMs));
  const periods = (values: readonly number[]): Periods => {
    const at = (part: number): number => quantile(values, part) / 1000 / periodSeconds;
    return values.length === 0 ? null : { median: at(0.5), p95: at(0.95), maximum: at(1) };
  };
  return { oneAtATime: periods(alone), eightInFlight: periods(inFlight) };
}

/** Of one pass over the sample, as the mean over the repeats. */
function transactionsOf(records: readonly JoinedRecord[]): Summary['transactions'] {
  const transactions: Summary['transactions'] = {};
  for (const implementation of IMPLEMENTATIONS)
    for (const method of METHODS) {
      const own = select(records, implementation, method);
      if (own.length === 0) continue;
      const sum = (key: 'transactions' | 'byteCount' | 'previewBytes'): number =>
        mean(byRepeat(own, (record) => record[key] ?? 0).map(total));
      (transactions[implementation] ??= {})[method.name] = {
        count: sum('transactions'),
        ...{ byteCount: sum('byteCount'), previewBytes: sum('previewBytes') },
      };
    }
  return transactions;
}

/** Storing the whole sample, patient-level with preview. */
function wholeSampleOf(single: readonly JoinedRecord[], together: readonly TogetherRecord[]): Summary['wholeSample'] {
  const passes = (implementation: Implementation): SamplePass[] => {
    const own = select(single, implementation, { level: 'patient', withPreview: true });
    if (own.length === 0) return [];
    const byteCounts = byRepeat(own, ({ byteCount }) => byteCount).map(total);
    return byRepeat(own, ({ storingMs }) => storingMs / 1000).map((units, i) => ({
      seconds: total(units),
      byteCount: byteCounts[i]!,
    }));
  };
  const inFlight = together.map(({ wallMs, byteCount }) => ({ seconds: wallMs / 1000, byteCount }));
  const paper = wholeOf(passes('paper'));
  const oneAtATime = wholeOf(passes('ours'));
  const eightInFlight = wholeOf(inFlight);
  const ratio = (own: WholeSample | undefined): number | null => (own && paper ? paper.seconds / own.seconds : null);
  return {
    ...(paper && { paper }),
    ...(oneAtATime && { oneAtATime }),
    ...(eightInFlight && { eightInFlight }),
    ratios: { oneAtATime: ratio(oneAtATime), eightInFlight: ratio(eightInFlight) },
  };
}

interface SamplePass {
  seconds: number;
  byteCount: number;
}

function wholeOf(passes: readonly SamplePass[]): WholeSample | undefined {
  if (passes.length === 0) return undefined;
  const all = passes.map((pass) => pass.seconds);
  const seconds = mean(all);
  const kilobytesPerSecond = mean(passes.map(({ byteCount }) => byteCount)) / 1024 / seconds;
  return { seconds, sd: deviation(all), kilobytesPerSecond };
}
