import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Condition } from './condition.js';
import type { Statements } from './statements.js';

/** Searches whose count is remembered: the pages of a few lists that people look at. */
const MOST = 500;

/** Says how many rows match. */
export type Count = (from: Condition, where: Condition) => number;

/**
 * Counts what matches, which takes as long as there is of it, and remembers that until anything is written: as long as nothing comes in,
 * all pages and all users of a list have one count. `version` is another number whenever something may have been written; unless it is given,
 * everything is written over this connection (SQLite, total_changes()).
 */
export function createCounts({ prepared }: Statements, version = () => changesOver({ prepared })): Count {
  const known = new LRUCache<string, number>({ max: MOST });
  let countedAt: number | undefined;
  return (from, where) => {
    const now = version();
    if (now !== countedAt) known.clear();
    countedAt = now;
    const sql = `SELECT count(*) AS total FROM ${from.sql} WHERE ${where.sql}`;
    const values = [...from.values, ...where.values];
    // Values may name every study that somebody sees.
    const name = createHash('sha256')
      .update(JSON.stringify([sql, values]))
      .digest('base64');
    const before = known.get(name);
    if (before !== undefined) return before;
    const { total } = prepared(sql).get(...values) as { total: number };
    known.set(name, total);
    return total;
  };
}

const changesOver = ({ prepared }: Statements): number =>
  (prepared('SELECT total_changes() AS changes').get() as { changes: number }).changes;
