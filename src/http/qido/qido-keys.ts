import type { ReadingArchive, ArchiveQuery } from '../../archive/archive.js';
import { LedgerError } from '../../base/errors.js';
import { ignoredParameters } from '../message/add-warning.js';

export type QueryLevel = ArchiveQuery['level'];

/** Results of one answer when `limit` is absent, and at most. */
export const MAX_RESULTS: Record<QueryLevel, number> = { patient: 1000, study: 1000, series: 1000, instance: 5000 };

/** Parameters that are no attributes (PS3.18 §8.3.3, §8.3.4). */
const OTHERS = new Set([
  'accept',
  'charset',
  'includefield',
  'limit',
  'offset',
  'fuzzymatching',
  'emptyvaluematching',
  'multiplevaluematching',
  'orderby',
]);

const ModalitiesInStudy = '00080061';

export interface QidoKeys {
  query: Omit<ArchiveQuery, 'StudyInstanceUID' | 'SeriesInstanceUID'>;
  /** Sentences for Warning 299. */
  warnings: string[];
}

/**
 * Reads a search from its decoded parameters (PS3.18 §8.3.4). Attributes are keywords, tags, or dotted paths of them; each
 * that is matched is also returned. What is unknown is ignored with a warning. Throws `bad-request` for a limit or offset that
 * is no number.
 */
export function parseQidoKeys(
  archive: ReadingArchive,
  { level, parameters }: { level: QueryLevel; parameters: URLSearchParams },
): QidoKeys {
  const warnings: string[] = [];
  const ignored: string[] = [];
  const match = new Map<string, ArchiveQuery['match'][number]>();
  const include: string[][] = [];
  let all = false;
  const [matchesEmpty, matchesMultiple] = ['emptyvaluematching', 'multiplevaluematching'].map((name) =>
    isTrue(parameters.get(name)),
  ) as [boolean, boolean];

  for (const [name, value] of parameters) {
    if (OTHERS.has(name) || name === '') continue;
    const attribute = attributePath(archive, name);
    if (attribute === undefined) {
      ignored.push(name);
      continue;
    }
    const key = attribute.path.join('.');
    include.push(attribute.path);
    if (matchesEmpty && value.trim() === '""') {
      match.set(key, { ...attribute, values: [], isEmpty: true });
      continue;
    }
    const values = splitValues(attribute, value, matchesMultiple);
    const known = match.get(key);
    if (known === undefined) match.set(key, { ...attribute, values });
    else known.values.push(...values);
  }
  for (const field of parameters.getAll('includefield').flatMap((list) => list.split(','))) {
    const name = field.trim();
    if (name === '') continue;
    const attribute = attributePath(archive, name);
    if (name === 'all') all = true;
    else if (attribute !== undefined) include.push(attribute.path);
    else ignored.push(`includefield=${name}`);
  }
  const orderBy = orderOf(archive, parameters, ignored);
  if (ignored.length > 0) warnings.push(ignoredParameters(ignored));

  const most = MAX_RESULTS[level];
  const limit = wholeNumber(parameters, { name: 'limit', least: 1 }) ?? most;
  if (limit > most) warnings.push(`The limit parameter has been lowered to ${most}`);
  return {
    query: {
      level,
      match: [...match.values()],
      include: all ? 'all' : include,
      ...(orderBy.length > 0 ? { orderBy } : {}),
      fuzzy: isTrue(parameters.get('fuzzymatching')),
      limit: Math.min(limit, most),
      offset: wholeNumber(parameters, { name: 'offset', least: 0 }) ?? 0,
    },
    warnings,
  };
}

function attributePath(archive: ReadingArchive, name: string): { path: string[]; vr: string } | undefined {
  const found = name.split('.').map((part) => archive.attribute(part));
  const last = found.at(-1);
  if (last === undefined || found.slice(0, -1).some((attribute) => attribute?.vr !== 'SQ')) return undefined;
  return { path: found.flatMap((attribute) => attribute?.tag ?? []), vr: last.vr };
}

/** So many attributes are taken to order by. */
const MAX_ORDER = 3;

/** `orderby=StudyDate,-PatientName` of dcm4chee: descending after a minus; a plus may have become a space. */
function orderOf(
  archive: ReadingArchive,
  parameters: URLSearchParams,
  ignored: string[],
): { tag: string; descending: boolean }[] {
  const fields = parameters
    .getAll('orderby')
    .flatMap((list) => list.split(','))
    .map((field) => field.trim())
    .filter((field) => field !== '');
  return fields.flatMap((field, index) => {
    const attribute = archive.attribute(field.replace(/^[-+]/, ''));
    if (attribute !== undefined && attribute.vr !== 'SQ' && index < MAX_ORDER)
      return [{ tag: attribute.tag, descending: field.startsWith('-') }];
    ignored.push(`orderby=${field}`);
    return [];
  });
}

/**
 * Lists (PS3.4 §C.2.2.2.2): commas, and the backslashes that OHIF sends. In other text a comma is a comma, and a backslash separates
 * values only where Multiple Value Matching is asked for (PS3.4 §C.2.2.2.8).
 */
function splitValues({ path, vr }: { path: string[]; vr: string }, value: string, matchesMultiple: boolean): string[] {
  const isList = vr === 'UI' || path.at(-1) === ModalitiesInStudy;
  if (!isList && !matchesMultiple) return [value];
  const values = value.split(isList ? /[,\\]/ : '\\').filter((one) => one !== '');
  return values.length === 0 ? [''] : values;
}

function isTrue(value: string | null): boolean {
  return value?.toLowerCase() === 'true';
}

function wholeNumber(
  parameters: URLSearchParams,
  { name, least }: { name: string; least: number },
): number | undefined {
  const text = parameters.get(name);
  if (text === null || text === '') return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(number) && number >= least) return number;
  throw new LedgerError(
    'bad-request',
    `${name}=${text.slice(0, 40)} is not a whole number from ${least}; correct it or leave it out.`,
  );
}
