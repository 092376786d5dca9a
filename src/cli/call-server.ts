import type { Agent, RequestInit, Response } from 'undici';
import { LedgerError } from '../base/errors.js';
import type { ServerAddress } from './server-address.js';

/** A store is answered when its last piece is in a block: that may take longer than any time-out. */
let dispatcher: Agent | undefined;

/** With both, fetch makes no copy of the body, which would be in memory as a whole for the case of a redirect. */
const once = { redirect: 'error', window: null } as const;

/** Calls a running server. Rejects with `unavailable` when nobody listens there. */
export async function callServer(
  { url, token }: ServerAddress,
  path: string,
  init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {},
): Promise<Response> {
  // Loaded by the first call: `serve`, which stands beside the commands that call a server, has no use for it.
  const { Agent, fetch } = await import('undici');
  dispatcher ??= new Agent({ headersTimeout: 0, bodyTimeout: 0 });
  const headers = { ...init.headers, ...(token !== undefined && { Authorization: `Bearer ${token}` }) };
  try {
    return await fetch(`${url}${path}`, { ...init, headers, ...(init.body && once), dispatcher });
  } catch (cause) {
    throw new LedgerError(
      'unavailable',
      `No answer from ${url}; start it with "npm start", or give the URL of one that runs.`,
      {
        cause,
        retryable: true,
      },
    );
  }
}

/** The sentence of a problem+json answer, or its status. */
export async function problemOf(response: Response): Promise<string> {
  const text = await response.text();
  try {
    const { detail, title } = JSON.parse(text) as { detail?: string; title?: string };
    return detail ?? title ?? `HTTP ${response.status}`;
  } catch {
    return text === '' ? `HTTP ${response.status}` : `HTTP ${response.status}: ${text.slice(0, 200)}`;
  }
}
