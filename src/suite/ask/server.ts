import { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import { Unmet } from './unmet.js';

/** A request as it was sent, without what lets us in. */
export interface Asked {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: Buffer;
  /** Whether the request carries the token: only to the origin that the token is for. */
  withToken: boolean;
}

export interface Answer {
  asked: Asked;
  status: number;
  /** Of the answer's header, its lines joined by a comma; '' when there is none. */
  header: (name: string) => string;
  body: Buffer;
}

export interface AskOptions {
  headers?: Record<string, string>;
  body?: Buffer;
  /** Sends the body in chunks, without its length. */
  isChunked?: boolean;
  /** False leaves the token out. */
  withToken?: boolean;
}

/** The server that is checked. */
export interface Server {
  /** The DICOMweb root, without a slash at the end. */
  root: string;
  hasToken: boolean;
  /**
   * Sends a request to a path below the root, or to an absolute URL, and reads the whole answer. Throws `Unmet` when no answer comes in
   * time, or more of it than the bound.
   */
  ask: (method: string, path: string, options?: AskOptions) => Promise<Answer>;
  get: (path: string, accept?: string, headers?: Record<string, string>) => Promise<Answer>;
  /** The last request, to tell how to see what came of it. */
  lastAsked(): Asked | undefined;
  forgetAsked(): void;
  close(): Promise<void>;
}

/** Bounds for a server that hangs or has no end. */
export interface ServerBounds {
  /** For one answer, from the first byte sent to the last one read. */
  timeoutMs: number;
  /** Of one answer's body. */
  maxBytes: number;
}

/** Opens connections to the server at `root`. Close it to end them. */
export function openServer(root: string, token: string | undefined, { timeoutMs, maxBytes }: ServerBounds): Server {
  const { origin } = new URL(root);
  const dispatcher = new Agent({ connect: { timeout: timeoutMs }, headersTimeout: timeoutMs, bodyTimeout: timeoutMs });
  let last: Asked | undefined;

  const ask: Server['ask'] = async (method, path, options = {}) => {
    const url = absolute(root, path);
    const withToken = token !== undefined && options.withToken !== false && url.origin === origin;
    const asked: Asked = { method, url: url.href, headers: { ...options.headers }, withToken };
    if (options.body) asked.body = options.body;
    last = asked;
    if (options.isChunked) last = { ...asked, headers: { ...asked.headers, 'Transfer-Encoding': 'chunked' } };
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const response = await request(url, {
        dispatcher,
        method,
        signal,
        headers: { ...asked.headers, ...(withToken && { Authorization: `Bearer ${token}` }) },
        body: options.body ? (options.isChunked ? Readable.from(piecesOf(options.body)) : options.body) : null,
      });
      return {
        asked: last,
        status: response.statusCode,
        header: (name) => [response.headers[name.toLowerCase()] ?? ''].flat().join(', '),
        body: await bounded(response.body, maxBytes),
      };
    } catch (error) {
      if (error instanceof Unmet) throw error;
      if (signal.aborted) throw new Unmet(`No whole answer came within ${timeoutMs / 1000} s.`);
      throw new Unmet(`The connection failed: ${reasonOf(error)}.`);
    }
  };

  return {
    root,
    hasToken: token !== undefined,
    ask,
    get: (path, accept, headers) =>
      ask('GET', path, { headers: { ...(accept !== undefined && { Accept: accept }), ...headers } }),
    lastAsked: () => last,
    forgetAsked: () => (last = undefined),
    close: () => dispatcher.destroy(),
  };
}

function absolute(root: string, path: string): URL {
  const text = /^https?:\/\//i.test(path) ? path : `${root}${path}`;
  if (!URL.canParse(text)) throw new Unmet(`"${path.slice(0, 200)}" is not a URL that can be asked for.`);
  return new URL(text);
}

async function bounded(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > maxBytes) throw new Unmet(`The answer has more than ${maxBytes} bytes, which is more than was stored.`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function* piecesOf(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at += 1000) yield body.subarray(at, at + 1000);
}

const reasonOf = (error: unknown): string => {
  const { code, message } = error as { code?: string; message?: string };
  return (message || code || 'no reason').slice(0, 300);
};
