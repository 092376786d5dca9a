import http from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { startServer } from '../testing/server.js';
import { type Answer, exchange, type Request } from './exchange.js';
import { Fatal, requireThat } from './find.js';

const SLOW_MS = 5_000;
/** An error is logged a moment after its answer has come. */
const LOG_DELAY_MS = 100;
const KEPT_ERRORS = 5;
const MAX_INSTANCE_BYTES = 4 * 1024 * 1024;

/** An answer, and what the server has logged as errors if it is a 5xx. */
export type LoggedAnswer = Answer & { logged?: string };

/** A server on the embedded chain, in the process group of whoever started it. */
export interface FuzzedServer {
  dataFolder: string;
  /**
   * Sends one request. An answer that takes longer than 5 s, also when asked again, and one that breaks off, unless it may, are
   * Finds; a server that has ended is Fatal.
   */
  ask: (request: Request) => Promise<LoggedAnswer>;
  /** What the server has logged as errors since the last call. */
  takeErrors(): Promise<string>;
  /** Throws Fatal when the server has ended. */
  requireAlive(): void;
  /** Resident memory now, in bytes. */
  rssBytes(): number;
  stop(): Promise<void>;
}

/** Starts a server with nothing in it. One that does not start is Fatal. */
export async function startFuzzedServer(): Promise<FuzzedServer> {
  let errors: string[] = [];
  const server = await startServer({
    env: { MAX_INSTANCE_BYTES: String(MAX_INSTANCE_BYTES) },
    onLine: (line) => {
      if (/"level":([4-6]0)|^[^{]/.test(line)) errors = [...errors, line].slice(-KEPT_ERRORS);
    },
  }).catch((cause: unknown) => {
    throw new Fatal(`The server does not start: ${(cause as Error).message}`, { cause });
  });
  let ended: string | undefined;
  void server.ended.then((code) => {
    ended = `The server has ended with ${code ?? 'a signal'}. ${errors.join('\n')}`;
  });
  const agent = new http.Agent({ keepAlive: true });
  const takeErrors = async (): Promise<string> => {
    await delay(LOG_DELAY_MS);
    return errors.splice(0).join('\n');
  };
  const once = async (request: Request): Promise<LoggedAnswer> => {
    const answer = await exchange(
      { url: server.url, agent, authorization: server.authorization, ended: () => ended },
      request,
    );
    return answer.status < 500 ? answer : { ...answer, logged: await takeErrors() };
  };
  return {
    dataFolder: server.dataFolder,
    ask: async (request) => {
      const first = await once(request);
      if (first.tookMs <= SLOW_MS) return first;
      const again = await once(request);
      requireThat(
        again.tookMs <= SLOW_MS,
        `The answer took ${first.tookMs} ms, and ${again.tookMs} ms when asked again.`,
      );
      return again;
    },
    takeErrors,
    requireAlive: () => {
      if (ended !== undefined) throw new Fatal(ended);
    },
    rssBytes: () => server.rss().nowBytes,
    stop: async () => {
      agent.destroy();
      await server.stop();
    },
  };
}
