import { Bloom } from '@ethereumjs/vm';
import { toHex } from '../ethereum/hex.js';
import { formatLog, parseBytes } from './format.js';
import { LIMITS } from './limits.js';
import { invalidParams, RpcError } from './rpc-error.js';
import type { ChainState } from './chain-state.js';
import type { StoredLog } from './stored-receipt.js';

/** Undefined takes any; else one of the values, in hex. */
type Choice = Set<string> | undefined;

export interface LogFilter {
  addresses: Choice;
  topics: Choice[];
}

/** The part of an eth_getLogs filter that is about the logs. */
export function parseLogFilter(filter: Record<string, unknown>): LogFilter {
  const topics = filter.topics ?? [];
  if (!Array.isArray(topics)) throw invalidParams('invalid argument: topics is not a list');
  if (topics.length > 4) throw invalidParams('exceed max topics');
  return {
    addresses: parseChoice(filter.address, 20),
    topics: topics.map((topic) => parseChoice(topic, 32)),
  };
}

function parseChoice(value: unknown, byteCount: number): Choice {
  if (value === undefined || value === null) return undefined;
  const values = (Array.isArray(value) ? value : [value]) as unknown[];
  if (values.length === 0) return undefined;
  return new Set(values.map((item) => toHex(parseBytes(item, byteCount))));
}

/** Logs of the blocks `from` to `to` in order. Reads only blocks that have logs, one at a time. */
export async function findLogs(
  { rules, store }: ChainState,
  { from, to, filter }: { from: number; to: number; filter: LogFilter },
): Promise<object[]> {
  const found: object[] = [];
  let byteCount = 0;
  for await (const { number, logsBloom } of store.blocksWithLogs(from, to)) {
    if (!mayMatch(new Bloom(logsBloom, rules), filter)) continue;
    const block = store.block(number)!;
    let logIndex = 0;
    for (const [index, receipt] of store.receipts(number).entries()) {
      for (const log of receipt.logs) {
        if (matches(log, filter)) {
          found.push(formatLog(log, { block, index }, logIndex));
          byteCount += 2 * log.data.length + 500;
        }
        logIndex++;
      }
    }
    if (byteCount > LIMITS.logsBytes && number < to)
      throw new RpcError(
        -32005,
        `query exceeds ${LIMITS.logsBytes} bytes of logs, retry with the range ${from}-${Math.max(from, number - 1)}`,
      );
  }
  return found;
}

function mayMatch(bloom: Bloom, { addresses, topics }: LogFilter): boolean {
  return [addresses, ...topics].every(
    (choice) => choice === undefined || [...choice].some((value) => bloom.check(Buffer.from(value.slice(2), 'hex'))),
  );
}

function matches(log: StoredLog, { addresses, topics }: LogFilter): boolean {
  if (addresses !== undefined && !addresses.has(toHex(log.address))) return false;
  return topics.every((choice, index) => {
    if (choice === undefined) return index < log.topics.length;
    const topic = log.topics[index];
    return topic !== undefined && choice.has(toHex(topic));
  });
}
