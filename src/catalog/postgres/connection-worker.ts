import { parentPort } from 'node:worker_threads';
import pg from 'pg';
import { clientAt } from './client-at.js';
import { answerSyncCalls, type SyncLine } from './sync-call.js';

/** What is asked over a line: a new session in place of the one before, a statement in it, or its end. */
export type ConnectionQuestion =
  { kind: 'connect'; settings: SessionSettings } | ({ kind: 'query' } & Statement) | { kind: 'end' };

export interface SessionSettings {
  /** A URL or words as libpq takes them; without the password when that is given. */
  url: string;
  password: string | undefined;
  /** As PostgreSQL lists it in pg_stat_activity. */
  name: string;
  /** Run when the session begins. */
  setUp: string;
}

interface Statement {
  text: string;
  values: readonly unknown[];
  /** That of a statement which the server keeps for this session. */
  name: string | undefined;
}

export type ConnectionAnswer =
  | { kind: 'done'; fields: readonly string[]; rows: readonly unknown[][]; count: number }
  /** `isLost`: the session is no more, and all that it had begun. */
  | { kind: 'failed'; message: string; code: string | undefined; isLost: boolean };

const CONNECT_MS = 5_000;

const { INT8, NUMERIC, BOOL } = pg.types.builtins;
const PARSERS = new Map<number, (text: string) => unknown>([
  [INT8, Number],
  [NUMERIC, Number],
  // As SQLite has it.
  [BOOL, (text) => (text === 't' ? 1 : 0)],
]);
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    PARSERS.get(oid) ?? (pg.types.getTypeParser(oid, format) as (text: string) => unknown),
};

/** One session; it is asked one thing after the other. */
function createSession(): (question: ConnectionQuestion) => Promise<ConnectionAnswer> {
  let client: pg.Client | undefined;
  const nothing: ConnectionAnswer = { kind: 'done', fields: [], rows: [], count: 0 };
  const end = async (): Promise<void> => {
    const ended = client;
    client = undefined;
    await ended?.end().catch(() => undefined);
  };
  const connect = async ({ url, password, name, setUp }: SessionSettings): Promise<void> => {
    await end();
    const options = { application_name: name, types, keepAlive: true, connectionTimeoutMillis: CONNECT_MS };
    const next = clientAt({ url, password }, options);
    // Otherwise a connection that breaks off ends the process.
    next.on('error', () => client === next && (client = undefined));
    next.on('end', () => client === next && (client = undefined));
    try {
      await next.connect();
      await next.query(setUp);
    } catch (error) {
      await next.end().catch(() => undefined);
      throw error;
    }
    client = next;
  };
  const query = async ({ text, values, name }: Statement): Promise<ConnectionAnswer> => {
    if (!client) return { kind: 'failed', message: 'the connection is lost', code: undefined, isLost: true };
    const result = await client.query({ text, values: [...values], rowMode: 'array', ...(name && { name }) });
    const { fields, rows, rowCount } = Array.isArray(result) ? (result.at(-1) as pg.QueryArrayResult) : result;
    return { kind: 'done', fields: fields.map((field) => field.name), rows, count: rowCount ?? 0 };
  };
  return async (question) => {
    try {
      if (question.kind === 'query') return await query(question);
      if (question.kind === 'connect') await connect(question.settings);
      else await end();
      return nothing;
    } catch (error) {
      const { message, code } = error as { message: string; code?: string };
      // Class 57P: the server is stopping or has ended the session; without a class: the network.
      const isLost = question.kind === 'connect' || client === undefined || code === undefined || /^57P|^08/.test(code);
      if (isLost) await end();
      return { kind: 'failed', message, code, isLost };
    }
  };
}

/** A line for each session, which ends with the thread that asks. */
parentPort?.on('message', (line: SyncLine) => {
  const session = createSession();
  answerSyncCalls(line, session);
  line.port.once('close', () => void session({ kind: 'end' }));
});
