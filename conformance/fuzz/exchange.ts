import http, { type Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import { Fatal, Find } from './find.js';

const GIVE_UP_MS = 30_000;
/** Whether the server lives shows a moment after its socket has closed. */
const END_SHOWS_MS = 300;

export interface Request {
  /** GET unless given. */
  method?: string;
  /** With the query, as it is sent. */
  path: string;
  headers?: OutgoingHttpHeaders;
  body?: Buffer;
  /** Whether an answer that breaks off counts as one. */
  mayBreakOff?: boolean;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
  tookMs: number;
}

export interface Connection {
  url: string;
  /** False for a connection of its own. */
  agent: Agent | false;
  /** What lets requests in, unless they have their own. */
  authorization: { Authorization?: string };
  /** The sentence that says how the server has ended; undefined while it runs. */
  ended: () => string | undefined;
}

/**
 * Sends one request and resolves with the whole answer. Rejects with a Find when none comes, when nothing comes for 30 s and when it
 * breaks off unless it may, with Fatal when the server has ended.
 */
export function exchange(
  { url, agent, authorization, ended }: Connection,
  { method = 'GET', path, headers = {}, body, mayBreakOff = false }: Request,
): Promise<Answer> {
  const begun = Date.now();
  return new Promise((resolve, reject) => {
    const fail = (sentence: string): void => {
      setTimeout(() => {
        const end = ended();
        reject(end === undefined ? new Find(`${method} ${path.slice(0, 300)}: ${sentence}`) : new Fatal(end));
      }, END_SHOWS_MS);
    };
    const request = http.request(url + path, {
      method,
      headers: { ...authorization, ...headers },
      agent,
      timeout: GIVE_UP_MS,
      path,
    });
    request.on('response', (response) => {
      const { statusCode: status = 0, headers } = response;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      const finish = (): void => {
        resolve({ status, headers, bytes: Buffer.concat(chunks), tookMs: Date.now() - begun });
      };
      response.on('error', (error) => {
        if (mayBreakOff) finish();
        else fail(`The answer ${status} breaks off: ${error.message}.`);
      });
      response.on('end', finish);
    });
    request.on('timeout', () => request.destroy(new Error(`no byte for ${GIVE_UP_MS} ms`)));
    request.on('error', (error: NodeJS.ErrnoException) => {
      // The server may have closed an idle connection in the moment in which it is used again.
      const isLate = error.code === 'ECONNRESET' && request.reusedSocket;
      if (isLate) resolve(exchange({ url, agent: false, authorization, ended }, { method, path, headers, body }));
      else fail(error.message);
    });
    request.end(body);
  });
}
