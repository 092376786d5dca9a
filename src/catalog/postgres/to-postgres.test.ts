import { describe, expect, it } from '@jest/globals';
import { toPostgres } from './to-postgres.js';

describe('toPostgres', () => {
  it('compares an attribute as text and orders the whole by it as a number, but nothing within brackets', () => {
    const compared = `x.keys ->> '$."00100020"[0]' = ?`;
    const within = `SELECT 1 FROM t WHERE a = (SELECT b FROM u ORDER BY c) AND ${compared}`;
    expect(toPostgres(within).text).toContain("x.keys::jsonb #>> '{00100020,0}' = $1");
    const ordered = `SELECT 1 FROM t x WHERE ${compared} ORDER BY (x.keys ->> '$."00200011"[0]') DESC`;
    expect(toPostgres(ordered).text).toBe(
      "SELECT 1 FROM t x WHERE x.keys::jsonb #>> '{00100020,0}' = $1 ORDER BY (x.keys::jsonb #> '{00200011,0}') DESC",
    );
  });

  it('binds by place, by number and not within text, and says what a value is', () => {
    const { text, bindings } = toPostgres(`SELECT '?' WHERE a IN (SELECT value FROM json_each(?)) AND b GLOB ?`);
    expect(text).toBe("SELECT '?' WHERE a = ANY($1) AND b LIKE $2");
    expect(bindings).toEqual([
      { from: 0, as: 'list' },
      { from: 1, as: 'glob' },
    ]);
    expect(toPostgres('SELECT ?2, ?1, ?2')).toMatchObject({
      text: 'SELECT $1, $2, $1',
      bindings: [{ from: 1 }, { from: 0 }],
    });
  });
});
