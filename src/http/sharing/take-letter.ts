import type { Request, RequestHandler, Response } from 'express';
import type { Letters, TakenLetter } from '../../archive/letters/letters.js';
import type { Audit } from '../../audit/audit.js';
import { isLoopback } from '../../base/is-loopback.js';
import { LedgerError } from '../../base/errors.js';
import { addressOf } from '../audit/watch-row.js';
import { expectBody, requestBody } from '../message/request-body.js';

/** A ring from which 100,000 studies were taken out has 11 MB. */
const MAX_LETTER_BYTES = 16 * 1024 * 1024;
/** So many letters may be on their way here at once, besides one from this machine: each may be in memory whole. */
const MAX_AT_ONCE = 4;
const IDLE_MS = 10_000;
const MEDIA_TYPE = 'application/octet-stream';

export interface TakeLetterDependencies {
  letters: Pick<Letters, 'take'>;
  audit: Pick<Audit, 'record'>;
}

/**
 * Takes in the letter that is the body of a request: 200 with from whom and of which ring it is. Whoever brings it does not matter; so one of an
 * address and four of all are under way at the same time, and 503 is the answer to others. A program of this machine is never refused for that: by it
 * a person brings a file.
 */
export function createTakeLetter(
  { letters, audit }: TakeLetterDependencies,
  { idleMs = IDLE_MS }: { idleMs?: number | undefined } = {},
): RequestHandler {
  const reading = new Set<string>();

  const take = async (request: Request, response: Response): Promise<TakenLetter> =>
    letters.take(await readLetter(request, response, idleMs));
  const takeInTurn = async (request: Request, response: Response): Promise<TakenLetter> => {
    const address = addressOf(response);
    if (isLoopback(address)) return take(request, response);
    if (reading.has(address) || reading.size >= MAX_AT_ONCE)
      throw new LedgerError('unavailable', 'Other letters are being read just now; try again in a moment.', {
        retryable: true,
        details: { retryAfterS: 5 },
      });
    reading.add(address);
    try {
      return await take(request, response);
    } finally {
      reading.delete(address);
    }
  };

  return async (request, response) => {
    const { from, ring, studyKeys } = await takeInTurn(request, response);
    await audit.record({
      kind: 'security',
      outcome: 0,
      address: addressOf(response),
      service: 'Letters with rings',
      request: 'POST /ledger/letters',
      status: 200,
      detail: sentenceOf({ from, ring, studyKeys }),
    });
    response.setHeader('Cache-Control', 'no-store');
    response.json({
      from,
      site: ring.siteId,
      ring: ring.ringId.toString('hex'),
      ...(studyKeys && { studyKeys: studyKeys.map(String) }),
    });
  };
}

function sentenceOf({ from, ring, studyKeys }: TakenLetter): string {
  const what = studyKeys ? `${studyKeys.length} studies` : 'all';
  return `Site ${from} has given keys to ${what} of the ring ${ring.ringId.toString('hex')} of site ${ring.siteId}.`;
}

async function readLetter(request: Request, response: Response, idleMs: number): Promise<Buffer> {
  const { 'content-type': type, 'content-encoding': encoding, 'content-length': length } = request.headers;
  if (type?.split(';', 1)[0]?.trim().toLowerCase() !== MEDIA_TYPE)
    throw new LedgerError('unsupported-media-type', `A letter is sent as ${MEDIA_TYPE}.`, { details: { accept: [MEDIA_TYPE] } }); // prettier-ignore
  if (encoding !== undefined)
    throw new LedgerError('unsupported-media-type', 'A letter is sent without Content-Encoding.', {
      details: { acceptEncoding: ['identity'] },
    });
  if (Number(length) > MAX_LETTER_BYTES) throw tooLarge();
  const stop = expectBody(request, response, { idleMs, maxBytes: MAX_LETTER_BYTES });
  try {
    const chunks: Buffer[] = [];
    let byteCount = 0;
    for await (const chunk of requestBody(request)) {
      byteCount += chunk.length;
      if (byteCount > MAX_LETTER_BYTES) throw tooLarge();
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    stop();
  }
}

function tooLarge(): LedgerError {
  return new LedgerError('too-large', `A letter has at most ${MAX_LETTER_BYTES} bytes.`);
}
