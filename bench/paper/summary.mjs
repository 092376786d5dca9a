import { groupBy } from './group-by.mjs';
import { methods } from './passes.mjs';
import { comparePairs, deviation, mean, percentile, total } from './statistics.mjs';

export const implementations = ['paper', 'ours'];

/** The columns (A) to (E) of Tables 2 and 3; milliseconds of one record. */
export const measures = {
  storing: (record) => record.storingMs,
  firstViewableStoring: (record) => record.firstViewableStoringMs,
  loading: (record) => record.loadingMs,
  firstViewableLoading: (record) => record.firstViewableLoadingMs,
  totalFirstViewable: (record) => record.firstViewableStoringMs + record.firstViewableLoadingMs,
};

/** Everything that is reported of a run, in seconds, from its records: means over the repeats, and the deviation between them. */
export function summarise(records, { periodSeconds }) {
  const single = joinRecords(records);
  const together = records.filter((record) => record.together);
  const scopes = { sample: single };
  if (single.some((record) => record.isAdded)) scopes.withoutAddedImage = single.filter((record) => !record.isAdded);
  const summary = { scopes: {}, transactions: transactionsOf(single), wholeSample: wholeSampleOf(single, together) };
  for (const [name, own] of Object.entries(scopes)) {
    const times = timesOf(own);
    summary.scopes[name] = {
      times,
      ratios: ratiosOf(times),
      statistics: statisticsOf(own),
      firstView: firstViewOf(own),
    };
  }
  summary.firstViewPeriods = firstViewPeriods(single, together, periodSeconds);
  return summary;
}

/** What was stored, with the times of its loading. */
export function joinRecords(records) {
  const unitOf = ({ key }) => key.slice(key.indexOf('/'));
  const loaded = new Map(records.filter((record) => record.loaded).map((record) => [unitOf(record), record]));
  return records.filter((record) => record.stored).map((record) => ({ ...loaded.get(unitOf(record)), ...record }));
}

const select = (records, implementation, { level, withPreview }) =>
  records.filter(
    (one) => one.implementation === implementation && one.level === level && one.withPreview === withPreview,
  );

function timesOf(records) {
  const times = {};
  for (const implementation of implementations)
    for (const method of methods) {
      const own = select(records, implementation, method);
      if (own.length === 0) continue;
      for (const [measure, ms] of Object.entries(measures)) {
        const repeats = byRepeat(own, (record) => ms(record) / 1000).map(mean);
        ((times[implementation] ??= {})[method.name] ??= {})[measure] = { mean: mean(repeats), sd: deviation(repeats) };
      }
    }
  return times;
}

/** The values of every unit in each repeat; where a repeat left a unit out, the mean of those that did not stands for it. */
function byRepeat(records, valueOf) {
  const units = [...groupBy(records, ({ unit }) => unit).values()];
  return [...groupBy(records, ({ repeat }) => repeat).keys()].map((repeat) =>
    units.map((own) => {
      const there = own.find((record) => record.repeat === repeat);
      return there ? valueOf(there) : mean(own.map(valueOf));
    }),
  );
}

/** The paper's method divided by ours: how many times less ours takes. */
function ratiosOf({ paper = {}, ours = {} }) {
  const ratios = {};
  for (const { name } of methods.filter((method) => paper[method.name] && ours[method.name]))
    ratios[name] = Object.fromEntries(
      Object.keys(measures).map((measure) => [measure, paper[name][measure].mean / ours[name][measure].mean]),
    );
  return ratios;
}

/** Each unit's total first-viewable time without and with preview, as pairs of means over the repeats. */
function statisticsOf(records) {
  const statistics = {};
  for (const implementation of implementations)
    for (const level of ['patient', 'image']) {
      const [without, withIt] = [false, true].map((withPreview) =>
        byUnit(select(records, implementation, { level, withPreview })),
      );
      const units = [...without.keys()].filter((unit) => withIt.has(unit));
      const pairs = [without, withIt].map((times) => units.map((unit) => times.get(unit)));
      (statistics[implementation] ??= {})[level] = comparePairs(...pairs);
    }
  return statistics;
}

/** Seconds of the total first-viewable time by unit. */
export function byUnit(records) {
  const groups = groupBy(records, ({ unit }) => unit);
  return new Map([...groups].map(([unit, own]) => [unit, mean(own.map(measures.totalFirstViewable)) / 1000]));
}

/** Ours with preview against the paper's method with it and without, unit by unit. */
function firstViewOf(records) {
  const firstView = {};
  for (const level of ['patient', 'image']) {
    const ours = byUnit(select(records, 'ours', { level, withPreview: true }));
    const [without, withIt] = [false, true].map((withPreview) =>
      byUnit(select(records, 'paper', { level, withPreview })),
    );
    const units = [...ours.keys()].filter((unit) => without.has(unit) && withIt.has(unit));
    if (units.length === 0) continue;
    firstView[level] = {
      units: units.length,
      ratioToPaperWithoutPreview: mean([...without.values()]) / mean([...ours.values()]),
      slowerThanPaperWithPreview: units.filter((unit) => ours.get(unit) > withIt.get(unit)).length,
    };
  }
  return firstView;
}

/** Total first-viewable time of single images, in block periods. */
function firstViewPeriods(single, together, periodSeconds) {
  const alone = select(single, 'ours', { level: 'image', withPreview: true }).map(measures.totalFirstViewable);
  const inFlight = together.flatMap(({ images }) => images.map(({ firstViewableStoringMs }) => firstViewableStoringMs));
  const periods = (values) =>
    values.length === 0
      ? null
      : Object.fromEntries(
          Object.entries({ median: 0.5, p95: 0.95, maximum: 1 }).map(([name, part]) => [
            name,
            percentile(values, part) / 1000 / periodSeconds,
          ]),
        );
  return { oneAtATime: periods(alone), eightInFlight: periods(inFlight) };
}

/** Of one pass over the sample, as the mean over the repeats. */
function transactionsOf(records) {
  const transactions = {};
  for (const implementation of implementations)
    for (const method of methods) {
      const own = select(records, implementation, method);
      if (own.length === 0) continue;
      const sum = (key) => mean(byRepeat(own, (record) => record[key] ?? 0).map(total));
      (transactions[implementation] ??= {})[method.name] = {
        count: sum('transactions'),
        ...{ byteCount: sum('byteCount'), previewBytes: sum('previewBytes') },
      };
    }
  return transactions;
}

/** Storing the whole sample, patient-level with preview. */
function wholeSampleOf(single, together) {
  const passes = (implementation) => {
    const own = select(single, implementation, { level: 'patient', withPreview: true });
    if (own.length === 0) return [];
    const byteCounts = byRepeat(own, ({ byteCount }) => byteCount).map(total);
    return byRepeat(own, ({ storingMs }) => storingMs / 1000).map((units, i) => ({
      seconds: total(units),
      byteCount: byteCounts[i],
    }));
  };
  const rows = {
    paper: passes('paper'),
    oneAtATime: passes('ours'),
    eightInFlight: together.map(({ wallMs, byteCount }) => ({ seconds: wallMs / 1000, byteCount })),
  };
  const summary = Object.fromEntries(
    Object.entries(rows)
      .filter(([, row]) => row.length > 0)
      .map(([name, row]) => {
        const seconds = mean(row.map((pass) => pass.seconds));
        const kilobytesPerSecond = mean(row.map(({ byteCount }) => byteCount)) / 1024 / seconds;
        return [name, { seconds, sd: deviation(row.map((pass) => pass.seconds)), kilobytesPerSecond }];
      }),
  );
  const ratio = (name) => (summary[name] && summary.paper ? summary.paper.seconds / summary[name].seconds : null);
  return { ...summary, ratios: { oneAtATime: ratio('oneAtATime'), eightInFlight: ratio('eightInFlight') } };
}
