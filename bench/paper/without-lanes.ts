import type { PaperRecord, StoredRecord } from './records.js';
import { total } from './statistics.js';

/**
 * Records in which storing with the paper's method takes as long as if its passes had run one after another: a piece took
 * `pieceMsInRun` in lanes, and takes `pieceMsAlone` alone. What was measured stays in the other records.
 */
export function withoutLanes(
  records: readonly PaperRecord[],
  { lanes, pieceMsAlone }: { lanes: number; pieceMsAlone: number },
): { pieceMsInRun: number; records: PaperRecord[] } {
  const isOfLanes = (record: PaperRecord): record is StoredRecord =>
    'stored' in record && record.implementation === 'paper';
  const own = records.filter(isOfLanes);
  const pieceMsInRun =
    total(own.map(({ storingMs }) => storingMs)) / total(own.map(({ transactions = 0 }) => transactions));
  const part = lanes === 1 ? 1 : pieceMsAlone / pieceMsInRun;
  const scaled = (record: StoredRecord): StoredRecord => ({
    ...record,
    storingMs: part * record.storingMs,
    firstViewableStoringMs: part * record.firstViewableStoringMs,
  });
  return { pieceMsInRun, records: records.map((record) => (isOfLanes(record) ? scaled(record) : record)) };
}
