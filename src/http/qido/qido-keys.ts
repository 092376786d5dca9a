import type { Archive, ArchiveQuery } from '../../archive/archive.js';
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
  archive: Archive,
  { level, parameters }: { level: QueryLevel; parameters: URLSearchParams },
): QidoKeys {
  const warnings: string[] = [];
  const ignored: string[] = [];
  const match = new Map<string, ArchiveQuery['match'][number]>();
  const include: string[][] = [];
  let all = false;

  for (const [name, value] of parameters) {
    if (OTHERS.has(name) || name === '') continue;
    const attribute = attributePath(archive, name);
    if (attribute === undefined) {
      ignored.push(name);
      continue;
    }
    const key = attribute.path.join('.');
    const values = splitValues(attribute, value);
    const known = match.get(key);
    if (known === undefined) match.set(key, { ...attribute, values });
    else known.values.push(...values);
    include.push(attribute.path);
  }
  for (const field of parameters.getAll('includefield').flatMap((list) => list.split(','))) {
    const name = field.trim();
    if (name === '') continue;
    const attribute = attributePath(archive, name);
    if (name === 'all') all = true;
    else if (attribute !== undefined) include.push(attribute.path);
    else ignored.push(`includefield=${name}`);
  }
  if (ignored.length > 0) warnings.push(ignoredParameters(ignored));
  if (isTrue(parameters.get('emptyvaluematching')))
    warnings.push('The emptyvaluematching parameter is not supported. Empty Value Matching has not been performed.');
  if (isTrue(parameters.get('multiplevaluematching')))
    warnings.push(
      'The multiplevaluematching parameter is not supported. Multiple Value Matching has not been performed.',
    );

  const most = MAX_RESULTS[level];
  const limit = wholeNumber(parameters, { name: 'limit', least: 1 }) ?? most;
  if (limit > most) warnings.push(`The limit parameter has been lowered to ${most}`);
  return {
    query: {
      level,
      match: [...match.values()],
      include: all ? 'all' : include,
      fuzzy: isTrue(parameters.get('fuzzymatching')),
      limit: Math.min(limit, most),
      offset: wholeNumber(parameters, { name: 'offset', least: 0 }) ?? 0,
    },
    warnings,
  };
}

function attributePath(archive: Archive, name: string): { path: string[]; vr: string } | undefined {
  const found = name.split('.').map((part) => archive.attribute(part));
  const last = found.at(-1);
  if (last === undefined || found.slice(0, -1).some((attribute) => attribute?.vr !== 'SQ')) return undefined;
  return { path: found.flatMap((attribute) => attribute?.tag ?? []), vr: last.vr };
}

/** Lists (PS3.4 §C.2.2.2.2): commas, and the backslashes that OHIF sends. In other text a comma is a comma. */
function splitValues({ path, vr }: { path: string[]; vr: string }, value: string): string[] {
  if (vr !== 'UI' && path.at(-1) !== ModalitiesInStudy) return [value];
  const values = value.split(/[,\\]/).filter((one) => one !== '');
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
