import { Readable } from 'node:stream';
import { LedgerError } from '../../base/errors.js';
import { findDelimiter } from './find-delimiter.js';

/** Bounds of one multipart body. */
export const MULTIPART_LIMITS = {
  /** RFC 2046 §5.1.1 allows 70; some clients send longer ones. */
  boundaryBytes: 200,
  /** What may stand before the first delimiter. */
  preambleBytes: 65_536,
  /** Header lines of one part. */
  headerBytes: 65_536,
  partCount: 100_000,
};

export interface MultipartOptions {
  boundary: string;
  limits?: Partial<typeof MULTIPART_LIMITS>;
}

export interface Part {
  /** By lower-case name; folded lines joined, repeated ones separated by a comma. */
  headers: Map<string, string>;
  /** Fails with `bad-request` when the body of the request ends before the part does. */
  body: Readable;
}

/**
 * Reads multipart bodies (RFC 2046 §5.1) part by part as they come, holding no more than one chunk. Asking for the next
 * part drops what is unread of the present one. Takes a preamble, an epilogue, blanks after a boundary, a last delimiter
 * without line end, and lines that end in LF alone when the first delimiter does. Does not close `source`.
 * Throws `bad-request` for what is no multipart or ends early, `too-large` beyond a limit.
 */
export async function* readMultipart(source: AsyncIterable<Buffer>, options: MultipartOptions): AsyncGenerator<Part> {
  const limits = { ...MULTIPART_LIMITS, ...options.limits };
  const dashBoundary = Buffer.from(`--${requireBoundary(options.boundary, limits.boundaryBytes)}`, 'latin1');
  const window = createWindow(source);
  const eol = await skipPreamble(window, dashBoundary, limits.preambleBytes);
  if (eol === undefined) return;
  const delimiter = Buffer.concat([eol, dashBoundary]);

  for (let partCount = 1; ; partCount++) {
    if (partCount > limits.partCount)
      throw new LedgerError('too-large', `The request has more than ${limits.partCount} parts; send it in several.`);
    const headers = await readHeaders(window, eol, limits.headerBytes);
    const data = createPartReader(window, delimiter, eol.length);
    const body = readableOf(data);
    yield { headers, body };
    // Or whoever still reads it later would take the first half for the whole.
    if (!data.isDone()) body.destroy(new LedgerError('internal', 'A part was left before its end.'));
    if (!(await data.drop())) return;
  }
}

function requireBoundary(boundary: string, maxBytes: number): string {
  const trimmed = boundary.trimEnd();
  if (trimmed === '' || trimmed.length > maxBytes)
    throw new LedgerError(
      'bad-request',
      `The boundary of a multipart has 1 to ${maxBytes} characters; this one has ${trimmed.length}.`,
    );
  return trimmed;
}

/** The bytes that have come and are not used yet. */
interface Window {
  bytes: Buffer;
  /** Adds a chunk; false at the end of the source. Throws what the source throws. */
  more(): Promise<boolean>;
}

function createWindow(source: AsyncIterable<Buffer>): Window {
  const chunks = source[Symbol.asyncIterator]();
  const window: Window = {
    bytes: Buffer.alloc(0),
    async more() {
      const chunk = await chunks.next();
      if (chunk.done) return false;
      window.bytes = window.bytes.length === 0 ? chunk.value : Buffer.concat([window.bytes, chunk.value]);
      return true;
    },
  };
  return window;
}

function endsEarly(where: string): LedgerError {
  return new LedgerError('bad-request', `The multipart body ends ${where}; send it again, whole.`);
}

const CRLF = Buffer.from('\r\n');
const LF = Buffer.from('\n');

/** Moves behind the first delimiter. Returns the line end that it has, or undefined when it is the closing one. */
async function skipPreamble(window: Window, dashBoundary: Buffer, maxBytes: number): Promise<Buffer | undefined> {
  // A delimiter begins a line: the body itself begins one.
  window.bytes = CRLF;
  const delimiter = Buffer.concat([LF, dashBoundary]);
  let ended = false;
  for (;;) {
    const found = findDelimiter(window.bytes, delimiter, ended);
    const preambleBytes = (found.kind === 'none' ? found.safe : found.at + 1) - CRLF.length;
    if (preambleBytes > maxBytes)
      throw new LedgerError('too-large', `No boundary stands in the first ${maxBytes} bytes of the multipart body.`);
    if (found.kind === 'close') return undefined;
    if (found.kind === 'next') {
      const eol = window.bytes[found.end - 2] === 0x0d ? CRLF : LF;
      window.bytes = window.bytes.subarray(found.end);
      return eol;
    }
    if (ended) throw endsEarly('without the boundary that its Content-Type names');
    ended = !(await window.more());
  }
}

/** Reads the header lines and leaves the line end of the empty line, which may belong to a delimiter. */
async function readHeaders(window: Window, eol: Buffer, maxBytes: number): Promise<Map<string, string>> {
  const blankLine = Buffer.concat([eol, eol]);
  let searched = 0;
  for (;;) {
    const { bytes } = window;
    if (bytes.length >= eol.length && bytes.subarray(0, eol.length).equals(eol)) return new Map();
    const end = bytes.indexOf(blankLine, searched);
    if ((end < 0 ? bytes.length - blankLine.length + 1 : end) > maxBytes)
      throw new LedgerError('too-large', `The headers of a part have more than ${maxBytes} bytes.`);
    if (end >= 0) {
      window.bytes = bytes.subarray(end + eol.length);
      return parseHeaders(bytes.toString('latin1', 0, end));
    }
    searched = Math.max(0, bytes.length - blankLine.length + 1);
    if (!(await window.more())) throw endsEarly('within the headers of a part');
  }
}

function parseHeaders(text: string): Map<string, string> {
  const headers = new Map<string, string>();
  for (const line of text.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon < 1) throw new LedgerError('bad-request', 'A header line of a part has no name and colon.');
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

interface PartReader {
  /** The next bytes of the part, undefined at its end. Must not be called again before it has settled. */
  next(): Promise<Buffer | undefined>;
  /** Reads to the end of the part without keeping anything. False when no other part follows. */
  drop(): Promise<boolean>;
  isDone(): boolean;
}

function createPartReader(window: Window, delimiter: Buffer, skip: number): PartReader {
  let last: 'next' | 'close' | undefined;
  let failure: Error | undefined;
  let pending: Promise<unknown> = Promise.resolve();

  async function read(): Promise<Buffer | undefined> {
    for (let ended = false; last === undefined; ended = !(await window.more())) {
      const found = findDelimiter(window.bytes, delimiter, ended);
      const dataEnd = found.kind === 'none' ? found.safe : found.at;
      const data = window.bytes.subarray(Math.min(skip, dataEnd), dataEnd);
      if (found.kind !== 'none') {
        last = found.kind;
        window.bytes = window.bytes.subarray(found.end);
        return data.length > 0 ? data : undefined;
      }
      if (data.length > 0) {
        window.bytes = window.bytes.subarray(dataEnd);
        skip = 0;
        return data;
      }
      if (ended) throw endsEarly('within a part, before its closing boundary');
    }
    return undefined;
  }

  const next = (): Promise<Buffer | undefined> => {
    const reading = failure === undefined ? read() : Promise.reject(failure);
    pending = reading.catch((error: Error) => {
      failure = error;
    });
    return reading;
  };
  return {
    next,
    isDone: () => last !== undefined,
    async drop() {
      await pending;
      while (last === undefined) await next();
      return last === 'next';
    },
  };
}

function readableOf(data: PartReader): Readable {
  const body = new Readable({
    highWaterMark: 262_144,
    read() {
      data.next().then(
        (bytes) => body.push(bytes ?? null),
        (error: Error) => body.destroy(error),
      );
    },
  });
  // The generator throws the same error: a consumer that has left must not bring the process down.
  body.on('error', () => undefined);
  return body;
}
