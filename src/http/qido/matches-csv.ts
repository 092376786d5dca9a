import { mapInTurns } from '../../base/map-in-turns.js';
import type { DicomJson, JsonElement } from '../../standard/dicom-json.js';

export const CSV_MEDIA_TYPE = 'text/csv';

/**
 * Matches as CSV (RFC 4180): a line of keywords, ascending by tag, and one for each match. Several values are separated by backslashes,
 * the groups of a name by equals signs. Sequences are left out. Rejects with the reason of `signal` when that is aborted meanwhile.
 */
export async function matchesCsv(
  matches: readonly DicomJson[],
  { keywordOf, signal }: { keywordOf: (tag: string) => string | undefined; signal?: AbortSignal },
): Promise<string> {
  const tags = new Set<string>();
  for (const match of matches) for (const [tag, { vr }] of Object.entries(match)) if (vr !== 'SQ') tags.add(tag);
  const columns = [...tags].sort();
  const names = line(columns.map((tag) => keywordOf(tag) ?? tag));
  const lines = await mapInTurns(matches, (match) => line(columns.map((tag) => textOf(match[tag]))), signal);
  return [names, ...lines].join('');
}

const line = (fields: string[]): string => `${fields.map(field).join(',')}\r\n`;

const textOf = (element: JsonElement | undefined): string => (element?.Value ?? []).map(valueOf).join('\\');

function valueOf(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return '';
  const { Alphabetic = '', Ideographic = '', Phonetic = '' } = value as Record<string, string>;
  return [Alphabetic, Ideographic, Phonetic].join('=').replace(/=+$/, '');
}

/** A spreadsheet takes a field that begins with =, +, - or @ for a formula: then there is an apostrophe before it. */
function field(text: string): string {
  const safe = /^[=+@-](?![\d.]+$)/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
