import type { Response } from 'undici';
import { problemOf } from './server.js';

/** What became of the one instance that was sent. */
export type Fate = { kind: 'stored' } | { kind: 'alreadyThere' } | { kind: 'refused'; why: string };

type Item = Record<string, { Value?: unknown[] } | undefined>;

/** Reads the Store Instances Response Module (PS3.18 Annex I) of a request with one instance. */
export async function readFate(response: Response): Promise<Fate> {
  if (!response.headers.get('Content-Type')?.startsWith('application/dicom+json')) {
    return { kind: 'refused', why: await problemOf(response) };
  }
  const answer = (await response.json()) as Item;
  if (answer['00081199']?.Value?.length) {
    return { kind: response.headers.get('X-Already-Stored') === '1' ? 'alreadyThere' : 'stored' };
  }
  const failed = (answer['00081198']?.Value?.[0] ?? answer['0008119A']?.Value?.[0]) as Item | undefined;
  const reason = Number(failed?.['00081197']?.Value?.[0] ?? 0);
  const sentence = response.headers.get('Warning')?.match(/"[^"]*?: (.*?)"/)?.[1];
  return {
    kind: 'refused',
    why: `0x${reason.toString(16).toUpperCase().padStart(4, '0')}${sentence ? ` ${sentence}` : ''}`,
  };
}
