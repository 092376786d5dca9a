import type { Binding } from './to-postgres.js';

/** Text that PostgreSQL cannot hold: NUL, and halves of surrogate pairs. */
const UNKNOWN = '\ufffd';

/**
 * A value as it is bound. A number has a space before it: columns of numbers take that, and among values of attributes, all of which are
 * text, it tells numbers from strings (`functions.sql`).
 */
export function boundValue(value: unknown, as: Binding): unknown {
  if (as === 'list') return (JSON.parse(value as string) as unknown[]).map((each) => boundValue(each, undefined));
  if (typeof value === 'number') return ` ${plain(value)}`;
  // A part of much larger memory, all of which would be sent to the thread of the connection.
  if (ArrayBuffer.isView(value)) return Uint8Array.from(value as Uint8Array);
  if (typeof value !== 'string') return value ?? null;
  const text = value.replaceAll('\0', UNKNOWN);
  if (as === 'glob') return likePattern(text);
  return as === 'json' ? heldJson(text) : text;
}

/** A number as PostgreSQL writes it: digits without an exponent. */
function plain(value: number): string {
  const text = String(value);
  const match = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (!match) return text;
  const [, sign = '', whole = '', part = '', exponent] = match;
  const digits = whole + part;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, '0');
}

/** Whether a GLOB pattern has letters that are not spaces: those LIKE cannot say. */
export const isRegular = (pattern: unknown): boolean => typeof pattern === 'string' && pattern.includes('[^ ]');

/** LIKE for a GLOB pattern of `condition.ts`; a regular expression for one that `isRegular`. */
function likePattern(glob: string): string {
  if (isRegular(glob)) return regularExpression(glob);
  return glob.replace(/\[\[\]|[\\%_*?]/g, (found) =>
    found === '*' ? '%' : found === '?' ? '_' : found === '[[]' ? '[' : `\\${found}`,
  );
}

/** Most letters that a regular expression can count (PostgreSQL, §9.7.3.1). */
const MOST = 255;

function regularExpression(glob: string): string {
  const counted = glob.replace(/(?:\[\^ \])+/g, (run) => {
    const count = run.length / '[^ ]'.length;
    const rest = count % MOST;
    return (count >= MOST ? `(?:[^ ]{${MOST}}){${Math.floor(count / MOST)}}` : '') + (rest > 0 ? `[^ ]{${rest}}` : '');
  });
  const parts = counted.split(/(\(\?:\[\^ \]\{255\}\)\{\d+\}|\[\^ \]\{\d+\}|\[\[\]|\*)/);
  const text = parts.map((part, index) => {
    if (index % 2 === 0) return part.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
    return part === '*' ? '.*' : part === '[[]' ? '\\[' : part;
  });
  return `^${text.join('')}$`;
}

function heldJson(text: string): string {
  if (!/\\u(?:0000|d[89a-f])/i.test(text)) return text;
  return JSON.stringify(JSON.parse(text), (_key, value: unknown) =>
    typeof value === 'string' ? Buffer.from(value.replaceAll('\0', UNKNOWN)).toString() : value,
  );
}
