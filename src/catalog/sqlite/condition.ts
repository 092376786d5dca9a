/** A piece of a WHERE clause and the values of its question marks, in order. */
export interface Condition {
  sql: string;
  values: unknown[];
}

export const ALWAYS: Condition = { sql: 'true', values: [] };
export const NEVER: Condition = { sql: 'false', values: [] };

export function and(conditions: Condition[]): Condition {
  const telling = conditions.filter((condition) => condition !== ALWAYS);
  return join(telling, ' AND ', ALWAYS);
}

export function or(conditions: Condition[]): Condition {
  return join(conditions, ' OR ', NEVER);
}

function join(conditions: Condition[], operator: string, none: Condition): Condition {
  const [first, ...others] = conditions;
  if (!first) return none;
  if (others.length === 0) return first;
  return {
    sql: `(${conditions.map(({ sql }) => sql).join(operator)})`,
    values: conditions.flatMap(({ values }) => values),
  };
}

/** True for the rows of `from` for which there is one that fulfils `where`. `from` may hold question marks of its own. */
export function exists(from: Condition, where: Condition): Condition {
  return { sql: `EXISTS (SELECT 1 FROM ${from.sql} WHERE ${where.sql})`, values: [...from.values, ...where.values] };
}

/** A list of any length, in one question mark. */
export function isAnyOf(expression: string, values: (string | number)[]): Condition {
  if (values.length === 0) return NEVER;
  if (values.length === 1) return { sql: `${expression} = ?`, values };
  return { sql: `${expression} IN (SELECT value FROM json_each(?))`, values: [JSON.stringify(values)] };
}

/** From and to inclusive. */
export function isBetween(
  expression: string,
  { from, to }: { from: string | undefined; to: string | undefined },
): Condition {
  if (from === undefined && to === undefined) return { sql: `${expression} IS NOT NULL`, values: [] };
  if (from === undefined) return { sql: `${expression} <= ?`, values: [to] };
  if (to === undefined) return { sql: `${expression} >= ?`, values: [from] };
  return { sql: `${expression} BETWEEN ? AND ?`, values: [from, to] };
}

/** `*` and `?` as in DICOM (PS3.4 §C.2.2.2.4), everything else literal, from the first character to the last. */
export function isLike(expression: string, pattern: string): Condition {
  return { sql: `${expression} GLOB ?`, values: [pattern.replaceAll('[', '[[]')] };
}

/** True where a word of the text begins so; words are what spaces separate. `?` is one letter of the word. */
export function hasWord(expression: string, beginning: string): Condition {
  const pattern = beginning.replaceAll('[', '[[]').replaceAll('?', '[^ ]');
  return { sql: `(' ' || ${expression}) GLOB ?`, values: [`* ${pattern}*`] };
}
