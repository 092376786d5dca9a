import { total } from './statistics.mjs';

/**
 * Records in which storing with the paper's method takes as long as if its passes had run one after another: a piece took
 * `pieceMsInRun` in lanes, and takes `pieceMsAlone` alone. What was measured stays in the other records.
 */
export function withoutLanes(records, { lanes, pieceMsAlone }) {
  const isOfLanes = (record) => record.stored && record.implementation === 'paper';
  const own = records.filter(isOfLanes);
  const pieceMsInRun =
    total(own.map(({ storingMs }) => storingMs)) / total(own.map(({ transactions }) => transactions));
  const part = lanes === 1 ? 1 : pieceMsAlone / pieceMsInRun;
  const scaled = (record) => ({
    ...record,
    storingMs: part * record.storingMs,
    firstViewableStoringMs: part * record.firstViewableStoringMs,
  });
  return { pieceMsInRun, records: records.map((record) => (isOfLanes(record) ? scaled(record) : record)) };
}
