import { type ByteSource, requireWithin } from '../../base/byte-source.js';
import type { Body, Ledger, Since } from '../../ledger/ledger.js';
import { cachedSource } from '../../pieces/cached-source.js';
import type { ExtentCache, ExtentOwner } from '../../pieces/extent-cache.js';
import { mergeRange, piecesOfRange } from '../../pieces/pieces.js';
import { streamAhead, type StreamSource } from '../../pieces/stream-ahead.js';
import { decodedBody } from '../../pieces/body-codings.js';
import { ENCRYPTED_SCHEME } from '../../secrecy/body.js';
import type { BodySecrets } from '../secrecy/body-secrets.js';
import { type EncryptedBody, openedBody } from '../secrecy/opened-body.js';

/** About 1 MB: large enough that one call's overhead does not show, small enough for many readers at once. */
const BATCH_PIECES = 34;

export interface BodySourceDependencies {
  ledger: Pick<Ledger, 'readPieces'>;
  secrets: BodySecrets;
  /** Without a cache every piece comes from the chain. */
  cache?: ExtentCache;
}

/** A body of an instance, and how long what was given for it is, in bytes. */
export interface GivenBody extends ExtentOwner {
  body: Body;
  byteCount: number;
  /** Of an encrypted one. */
  encrypted?: EncryptedBody | undefined;
  /** Whether all of its padding is looked at when its end is read. */
  checksPadding?: boolean;
  /** Given, code that is gone is known as a lie; else it is looked for again. */
  since?: Since | undefined;
}

/**
 * An instance on the chain as it was given, `byteCount` bytes, readable anywhere; only the pieces that hold what is asked are fetched.
 * Throws `not-implemented` for a scheme that this release does not know, and for an encrypted body as `openedBody` does.
 */
export function bodySource(
  { ledger, secrets, cache }: BodySourceDependencies,
  { imageId, contentKey, body, byteCount, encrypted, checksPadding = false, since }: GivenBody,
): StreamSource {
  const { scheme, pieceBytes } = body;
  const stored = storedSource(ledger, body, since);
  const given =
    encrypted && scheme === ENCRYPTED_SCHEME
      ? openedBody(secrets, stored, { ...encrypted, contentKey, byteCount, checksPadding })
      : decodedBody(scheme, stored, { byteCount, pieceBytes });
  return cache ? cachedSource(cache, { imageId, contentKey }, given) : given;
}

/** The bytes as they lie on the chain. */
function storedSource(ledger: BodySourceDependencies['ledger'], body: Body, since: Since | undefined): StreamSource {
  const read = async (offset: number, byteCount: number): Promise<Buffer> => {
    requireWithin(offset, byteCount, body.byteCount);
    const { first, count, skip } = piecesOfRange(offset, byteCount, body.pieceBytes);
    return count === 0
      ? Buffer.alloc(0)
      : mergeRange(await ledger.readPieces(body, first, count, since), skip, byteCount);
  };

  const source: ByteSource = { byteCount: body.byteCount, read };
  const batchBytes = BATCH_PIECES * body.pieceBytes;
  return {
    ...source,
    stream: (offset, byteCount) => streamAhead(source, { offset, byteCount, batchBytes }),
  };
}
