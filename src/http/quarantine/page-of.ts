import type { UidConflict } from '../../archive/archive.js';
import { LedgerError } from '../../base/errors.js';
import { requireSiteId } from '../message/archive-of-site.js';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1_000;

/** `limit` of a list: 100 unless given, at most 1,000. Throws `bad-request`. */
export function limitOf(query: URLSearchParams): number {
  return Math.min(wholeNumber(query, 'limit') ?? DEFAULT_LIMIT, MAX_LIMIT);
}

/** `before`: the last position of the page before; `site`: whose announcements. Throws `bad-request`. */
export function quarantinePageOf(query: URLSearchParams): { before?: number; siteId?: number } {
  const before = wholeNumber(query, 'before');
  const site = query.get('site');
  return { ...(before !== undefined && { before }), ...(site && { siteId: requireSiteId(site) }) };
}

/** `after`: level and UID of the last one of the page before, as `study:1.2.3`. Throws `bad-request`. */
export function conflictPageOf(query: URLSearchParams): { after?: Pick<UidConflict, 'level' | 'uid'> } {
  const text = query.get('after');
  if (text === null || text === '') return {};
  const [, level, uid] = /^(study|instance):([0-9.]{1,64})$/.exec(text) ?? [];
  if (uid === undefined)
    throw new LedgerError('bad-request', 'The parameter "after" is not a level, a colon and a UID; correct the URL.');
  return { after: { level: level as UidConflict['level'], uid } };
}

function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (/^[1-9]\d*$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  throw new LedgerError('bad-request', `The parameter "${name}" is not a whole number from 1 on; correct the URL.`);
}

/** One page of a list, of which one more than `limit` was asked for, and the last row of it where there is a further page. */
export function pageOf<T>(rows: readonly T[], limit: number): { page: readonly T[]; last: T | undefined } {
  return { page: rows.slice(0, limit), last: rows.length > limit ? rows[limit - 1] : undefined };
}
