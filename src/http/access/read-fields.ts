import express, { type Request, type Response } from 'express';
import { promisify } from 'node:util';
import { LedgerError } from '../../base/errors.js';

const LIMIT = '16kb';
const MAX_FIELDS = 100;
const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

const readJson = promisify(express.json({ limit: LIMIT, type: JSON_TYPE }));
const readForm = promisify(
  express.urlencoded({ limit: LIMIT, type: FORM_TYPE, extended: false, parameterLimit: MAX_FIELDS }),
);

/** What was sent to a row of access, by a program as JSON or by one of our pages as a form. */
export interface Fields {
  /** By their names; those of a form are text, or a list of texts where a name came more than once. */
  values: Record<string, unknown>;
  /** Whether a person sent it, who wants a page back. */
  isForm: boolean;
}

/**
 * Reads the body of a request: a JSON object or a form, of at most 16 KiB. Throws `unsupported-media-type`, `too-large` and
 * `bad-request`.
 */
export async function readFields(request: Request, response: Response): Promise<Fields> {
  const isForm = request.is(FORM_TYPE) === FORM_TYPE;
  if (!isForm && request.is(JSON_TYPE) !== JSON_TYPE)
    throw new LedgerError('unsupported-media-type', `Send ${JSON_TYPE}, or a form of this server's pages.`, {
      details: { accept: [JSON_TYPE, FORM_TYPE] },
    });
  await (isForm ? readForm : readJson)(request, response);
  const body: unknown = request.body;
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new LedgerError('bad-request', 'The body is not a JSON object.');
  return { values: body as Record<string, unknown>, isForm };
}

/** A list of texts: an array of them, one text, or several with commas between them, as people write them into one field. */
export function textsOf(value: unknown): string[] | undefined {
  if (value === undefined) return [];
  const items: unknown[] = Array.isArray(value) ? value : [value];
  if (!items.every((item) => typeof item === 'string')) return undefined;
  return items
    .flatMap((item) => item.split(','))
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** A whole number, also as a field of a form has it; undefined for nothing, NaN for what is none. */
export function numberOf(value: unknown): number | undefined {
  if (value === undefined || value === '' || value === null) return undefined;
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  return /^\d{1,9}$/.test(text) ? Number(text) : NaN;
}
