import { createHash } from 'node:crypto';
import sharp from 'sharp';
import { partsOf } from '../../../conformance/testing/dicomweb-client.js';
import type { Ask } from '../load/plan.js';
import type { Archive } from '../servers/archive.js';

/** What kind of answer is expected. */
export type AnswerKind = 'parts' | 'found' | 'found, some of many' | 'picture' | 'thumbnail';

/** A compressed answer is not larger than a hundred times what was sent. */
const LEAST_OF_COMPRESSED = 0.01;
const UID_TAGS = ['0020000D', '0020000E', '00080018'];

/**
 * Asks once: facts of the answer that have to be equal with both servers, and the least that an answer to this request has.
 * Throws when the answer is not 200 or not of its kind.
 */
export async function factsOf(
  archive: Archive,
  { path, headers }: Omit<Ask, 'leastBytes'>,
  kind: AnswerKind,
): Promise<{ facts: string; leastBytes: number }> {
  const answer = await fetch(archive.url + path, { headers: { ...archive.headers, ...headers } });
  if (answer.status !== 200) throw new Error(`${archive.name} answered ${answer.status} to ${path}`);
  const { facts, byteCount } = await READ[kind](answer);
  const part = headers['accept-encoding'] === 'identity' ? 1 : LEAST_OF_COMPRESSED;
  return { facts, leastBytes: Math.floor(byteCount * part) };
}

const READ: Record<AnswerKind, (answer: Response) => Promise<{ facts: string; byteCount: number }>> = {
  parts: async (answer) => {
    const parts = await partsOf(answer);
    const digests = parts.map(({ bytes }) => digestOf(bytes)).sort();
    const byteCount = parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
    return { facts: `${parts.length} parts, ${byteCount} bytes, ${digestOf(digests.join())}`, byteCount };
  },
  found: async (answer) => {
    const { found, byteCount } = await foundOf(answer);
    const uids = found.map((one) => UID_TAGS.map((tag) => one[tag]?.Value?.[0] ?? '').join()).sort();
    return { facts: `${found.length} found, ${digestOf(uids.join(';'))}`, byteCount };
  },
  'found, some of many': async (answer) => {
    const { found, byteCount } = await foundOf(answer);
    return { facts: `${found.length} found`, byteCount };
  },
  picture: async (answer) => {
    const bytes = Buffer.from(await answer.arrayBuffer());
    const { width, height, format } = await sharp(bytes).metadata();
    return { facts: `${format} of ${width} × ${height}`, byteCount: bytes.length };
  },
  // Where there is none the whole picture is asked for instead.
  thumbnail: async (answer) => {
    const bytes = Buffer.from(await answer.arrayBuffer());
    return { facts: (await sharp(bytes).metadata()).format ?? '', byteCount: bytes.length };
  },
};

/** DICOM JSON, of which UIDs are looked at. */
type Found = Record<string, { Value?: string[] } | undefined>;

async function foundOf(answer: Response): Promise<{ found: Found[]; byteCount: number }> {
  const text = await answer.text();
  const found = JSON.parse(text) as Found[];
  if (found.length === 0) throw new Error(`Nothing was found: ${answer.url}`);
  return { found, byteCount: Buffer.byteLength(text) };
}

const digestOf = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex').slice(0, 16);
