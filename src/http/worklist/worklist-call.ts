import type { Request, Response } from 'express';
import type { Principal } from '../../access/principal.js';
import type { Archive } from '../../archive/archive.js';
import { LedgerError } from '../../base/errors.js';
import type { WorklistCaller } from '../../worklist/subscriptions.js';
import type { Worklist } from '../../worklist/worklist.js';
import { addWarning } from '../message/add-warning.js';
import { dicomwebRoot, queryOf, type RootOptions } from '../message/dicomweb-root.js';

/** What a request to the worklist is answered with. */
export interface WorklistCall extends RootOptions {
  worklist: Worklist;
  /** For the dictionary alone. */
  archive: Archive;
  request: Request;
  response: Response;
  caller: Principal;
}

/** Data sets that come in; a workitem refers to images, and has none in it. */
export const MAX_BYTES = 262_144;

/** Who asks, as the worklist knows somebody. */
export function worklistCaller({ issuer, subject, sees }: Principal): WorklistCaller {
  return { owner: JSON.stringify([issuer, subject]), seesAll: sees === 'everything' };
}

/** Does it, and says on a refusal the Warning that PS3.18 §11 has for it. */
export async function withWarning<T>(
  { request, response, publicUrl }: WorklistCall,
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const warning = error instanceof LedgerError ? error.details['warning'] : undefined;
    if (typeof warning === 'string') addWarning(response, dicomwebRoot(request, publicUrl), warning);
    throw error;
  }
}

/**
 * A UID that a query gives by one of these names, or by itself (`?1.2.3`), as PS3.18 §11.4.1.1 writes it; undefined for none. Throws
 * `bad-request` for what is no UID.
 */
export function uidOfQuery(request: Request, names: readonly string[]): string | undefined {
  const query = queryOf(request);
  const alone = [...query].find(([name, value]) => value === '' && /^[0-9.]{1,64}$/.test(name))?.[0];
  const named = [...query].find(([name]) => names.some((one) => one.toLowerCase() === name.toLowerCase()))?.[1];
  const text = named ?? alone;
  if (text === undefined || /^[0-9.]{1,64}$/.test(text)) return text;
  throw new LedgerError(
    'bad-request',
    `"${text.slice(0, 80)}" is not a UID: 1 to 64 digits and dots. Correct the URL.`,
  );
}

/** Nothing more is to be said. */
export function answerEmpty(response: Response, status: number): void {
  response.setHeader('Cache-Control', 'no-store');
  response.status(status).end();
}
