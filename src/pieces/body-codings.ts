import type { ByteSource } from '../base/byte-source.js';
import { LedgerError } from '../base/errors.js';
import { compressedSource } from './compressed-source.js';
import { decompressedSource } from './decompressed-source.js';
import { indexByteCount } from './segment-index.js';
import type { StreamSource } from './stream-ahead.js';

/** What is known of a body besides the bytes that lie on the chain. Sizes in bytes. */
export interface BodyContext {
  /** Of the bytes that were given. */
  byteCount: number;
  pieceBytes: number;
}

/** How the bytes that were given lie on the chain. */
export interface BodyCoding {
  /** In the sentence that says which ones can be read. */
  name: string;
  /** Whether there may be another number of bytes on the chain than were given; the header has to say that number then. */
  changesLength: boolean;
  /** Whether so many bytes can be what so many given ones have become. */
  isLength(stored: number, given: number): boolean;
  /** The bytes that were given, out of those that are stored. Only what is asked for is read, and not before. */
  open(stored: StreamSource, context: BodyContext): StreamSource;
  /** What is to be stored; undefined when the coding does not pay for these bytes. Without it, bodies are only read. */
  make?(given: ByteSource): Promise<ByteSource | undefined>;
}

/** The bytes lie on the chain as they were given. */
export const PLAIN_SCHEME = 0;
/** They lie there as segments, each compressed by itself (`segment-index.ts`). */
export const COMPRESSED_SCHEME = 1;

/** Every scheme that a body can be announced with (IImageLedger) and that this release can read. */
export const BODY_CODINGS: Readonly<Partial<Record<number, BodyCoding>>> = {
  [PLAIN_SCHEME]: {
    name: 'plain',
    changesLength: false,
    isLength: (stored, given) => stored === given,
    open: (stored) => stored,
  },
  [COMPRESSED_SCHEME]: {
    name: 'packed',
    changesLength: true,
    isLength: (stored, given) => stored >= indexByteCount(given),
    open: decompressedSource,
    make: compressedSource,
  },
};

/** The bytes that were given for a body, readable anywhere. Throws `not-implemented` for a scheme that is not in the table. */
export function decodedBody(scheme: number, stored: StreamSource, context: BodyContext): StreamSource {
  const coding = BODY_CODINGS[scheme];
  if (coding) return coding.open(stored, context);
  const known = Object.entries(BODY_CODINGS).map(([number, { name } = { name: '' }]) => `${name} (${number})`);
  throw new LedgerError(
    'not-implemented',
    `The instance has scheme ${scheme}; this release reads ${known.join(' and ')} ones only.`,
  );
}

/** A body that is ready to be stored. */
export interface MadeBody {
  scheme: number;
  stored: ByteSource;
  /** Of its coding. */
  changesLength: boolean;
}

/** Makes a body of the given bytes: in the wanted scheme where that pays, else plain. The bytes must stay readable as long as it is. */
export async function makeBody(given: ByteSource, wanted = PLAIN_SCHEME): Promise<MadeBody> {
  const coding = BODY_CODINGS[wanted];
  const stored = await coding?.make?.(given);
  if (coding && stored) return { scheme: wanted, stored, changesLength: coding.changesLength };
  return { scheme: PLAIN_SCHEME, stored: given, changesLength: false };
}
