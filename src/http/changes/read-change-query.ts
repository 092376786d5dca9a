import type { Request } from 'express';
import { LedgerError } from '../../base/errors.js';
import { queryOf } from '../message/dicomweb-root.js';

/** Which changes a request asks for, by the parameters that Microsoft's server has. */
export interface ChangeQuery {
  /** Undefined: it was not said. */
  offset: number | undefined;
  limit: number;
  /** Milliseconds since 1970. */
  from: number | undefined;
  to: number | undefined;
  withMetadata: boolean;
}

const LIMIT = { usual: 100, most: 200 };
/** ISO 8601, with a time zone where it has a time. */
const DATE_TIME = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

/** Reads `offset`, `limit`, `startTime`, `endTime` and `includeMetadata`, in whatever case. Throws `bad-request` for a value that is none. */
export function readChangeQuery(request: Request): ChangeQuery {
  const parameters = new Map([...queryOf(request)].map(([name, value]) => [name.toLowerCase(), value]));
  const query = {
    offset: wholeNumber(parameters, { name: 'offset', least: 0, most: Number.MAX_SAFE_INTEGER }),
    limit: wholeNumber(parameters, { name: 'limit', least: 1, most: LIMIT.most }) ?? LIMIT.usual,
    from: moment(parameters, 'startTime'),
    to: moment(parameters, 'endTime'),
    withMetadata: isNotFalse(parameters.get('includemetadata')),
  };
  if (query.from !== undefined && query.to !== undefined && query.from >= query.to)
    throw new LedgerError('bad-request', 'startTime is not before endTime; correct one of them.');
  return query;
}

type Parameters = ReadonlyMap<string, string>;

function wholeNumber(
  parameters: Parameters,
  { name, least, most }: { name: string; least: number; most: number },
): number | undefined {
  const text = parameters.get(name);
  if (text === undefined) return undefined;
  const number = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (number >= least && number <= most) return number;
  throw wrong(name, { text, kind: `a whole number from ${least} to ${most}` });
}

function moment(parameters: Parameters, name: string): number | undefined {
  // A raw `+` in a query decodes to a space.
  const text = parameters.get(name.toLowerCase())?.replace(' ', '+');
  if (text === undefined) return undefined;
  const at = DATE_TIME.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(at)) throw wrong(name, { text, kind: 'a moment such as 2026-01-31T10:15:00Z' });
  return at;
}

function isNotFalse(text = 'true'): boolean {
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  throw wrong('includeMetadata', { text, kind: 'true or false' });
}

function wrong(name: string, { text, kind }: { text: string; kind: string }): LedgerError {
  return new LedgerError('bad-request', `${name}=${text.slice(0, 40)} is not ${kind}; correct it or leave it out.`);
}
