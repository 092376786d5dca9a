import type { Response } from 'undici';
import { problemOf } from './call-server.js';

/** What an archive says of the one instance that was sent to it. */
export type StowAnswer =
  | { kind: 'stored' | 'alreadyThere'; SOPInstanceUID: string | undefined }
  /** `reason` as PS3.18 Table I.2-2 has them; 0 when the answer has none. */
  | { kind: 'refused'; reason: number; why: string };

type Item = Record<string, { Value?: unknown[] } | undefined>;

/** Reads the Store Instances Response Module (PS3.18 Annex I) of a request with one instance. */
export async function readStowAnswer(response: Response): Promise<StowAnswer> {
  if (!response.headers.get('Content-Type')?.startsWith('application/dicom+json')) {
    return { kind: 'refused', reason: 0, why: await problemOf(response) };
  }
  const answer = (await response.json()) as Item;
  const [stored] = (answer['00081199']?.Value ?? []) as Item[];
  if (stored !== undefined) {
    const uid = stored['00081155']?.Value?.[0];
    return {
      kind: response.headers.get('X-Already-Stored') === '1' ? 'alreadyThere' : 'stored',
      SOPInstanceUID: typeof uid === 'string' ? uid : undefined,
    };
  }
  const failed = (answer['00081198']?.Value?.[0] ?? answer['0008119A']?.Value?.[0]) as Item | undefined;
  const reason = Number(failed?.['00081197']?.Value?.[0] ?? 0);
  const sentence = response.headers.get('Warning')?.match(/"[^"]*?: (.*?)"/)?.[1];
  const code = `0x${reason.toString(16).toUpperCase().padStart(4, '0')}`;
  return { kind: 'refused', reason, why: `${code}${sentence ? ` ${sentence}` : ''}` };
}
