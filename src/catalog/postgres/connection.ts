import { LedgerError } from '../../base/errors.js';
import { createSyncCaller, type SyncLine } from './sync-call.js';
import type { Connection } from '../sqlite/database.js';
import { boundValue, isRegular } from './bound-value.js';
import type { ConnectionAnswer, ConnectionQuestion, SessionSettings } from './connection-worker.js';
import { type PostgresStatement, toPostgres } from './to-postgres.js';

/** A session with PostgreSQL that is asked as SQLite is: each statement stands still until it is done. */
export interface PostgresConnection extends Connection {
  /** Begins a new session. Throws `unavailable` when there is none to be had. */
  connect(): void;
  /** The first row, without names, of the last of several statements. */
  first(text: string): readonly unknown[] | undefined;
  /** Goes on over another line, without a session. */
  over(line: SyncLine): void;
  /** Whether the session is there still, with all that it has begun. */
  readonly isConnected: boolean;
  end(): void;
}

interface ConnectionOptions extends SessionSettings {
  /** Where it is, without user and password. */
  place: string;
  /** For one statement. */
  timeoutMs: number;
}

type Answer = ConnectionAnswer & { kind: 'done' };

/** So many statements of a session are kept by the server, so that it plans them once. */
const MOST_NAMED = 500;
/** Pages and counts of searches: there are ever new ones, and the plan of each follows from its values. */
const PLANNED_EACH_TIME = /\bLIMIT \$|count\(\*\) AS total/;
/** After a statement without an answer nothing is asked for so long, so that whoever asks does not stand still again and again. */
const PAUSE_MS = 5_000;

export function openConnection(
  line: SyncLine,
  { place, timeoutMs, ...settings }: ConnectionOptions,
): PostgresConnection {
  let call = createSyncCaller(line);
  let isConnected = false;
  let pausedUntil = 0;
  let named = new Map<string, string>();

  const unavailable = (why: string): LedgerError =>
    new LedgerError(
      'unavailable',
      `PostgreSQL at ${place}, which has the catalogue, does not answer (${why}); ask again later.`,
      { retryable: true },
    );
  /** What PostgreSQL says names the user. */
  const refused = (): LedgerError =>
    new LedgerError(
      'unavailable',
      `PostgreSQL at ${place} lets nobody in as the user of CATALOG_URL with the password that was given: correct CATALOG_URL or CATALOG_PASSWORD_FILE.`,
      { retryable: true },
    );
  const ask = (question: ConnectionQuestion): Answer => {
    if (performance.now() < pausedUntil) throw unavailable('it was too slow just now');
    const answer = call(question, timeoutMs) as ConnectionAnswer | undefined;
    if (answer?.kind === 'done') return answer;
    if (answer?.isLost === false) throw Object.assign(new Error(answer.message), { code: answer.code });
    isConnected = false;
    if (!answer) pausedUntil = performance.now() + PAUSE_MS;
    if (answer && isRefused(answer)) throw refused();
    throw unavailable(answer?.message ?? 'it is too slow');
  };
  const query = (text: string, values: readonly unknown[] = [], name?: string): Answer => {
    if (!isConnected) throw unavailable('the connection is lost');
    return ask({ kind: 'query', text, values, name });
  };
  const nameOf = (text: string): string | undefined => {
    const known = named.get(text);
    if (known !== undefined || named.size >= MOST_NAMED || PLANNED_EACH_TIME.test(text)) return known;
    named.set(text, `s${named.size}`);
    return named.get(text);
  };

  const prepare = (sql: string) => {
    const statement = toPostgres(sql);
    const run = (values: readonly unknown[]): Answer => {
      const { text, bound } = boundStatement(statement, values);
      return query(text, bound, nameOf(text));
    };
    const rowOf = ({ fields }: Answer, row: readonly unknown[]): Record<string, unknown> =>
      Object.fromEntries(fields.map((field, index) => [statement.names.get(field) ?? field, asBuffer(row[index])]));
    return {
      get: (...values: unknown[]) => {
        const answer = run(values);
        return answer.rows[0] && rowOf(answer, answer.rows[0]);
      },
      all: (...values: unknown[]) => {
        const answer = run(values);
        return answer.rows.map((row) => rowOf(answer, row));
      },
      run: (...values: unknown[]) => {
        const { count, rows } = run(values);
        return { changes: count, lastInsertRowid: rows[0]?.[0] };
      },
    };
  };
  const transaction =
    <A extends unknown[], R>(work: (...parameters: A) => R) =>
    (...parameters: A): R => {
      query('BEGIN');
      try {
        const result = work(...parameters);
        query('COMMIT');
        return result;
      } catch (error) {
        if (isConnected) query('ROLLBACK');
        throw error;
      }
    };
  const connection = {
    prepare,
    transaction,
    exec: (sql: string) => void query(toPostgres(sql).text),
    first: (text: string) => query(text).rows[0],
    connect: () => {
      named = new Map();
      ask({ kind: 'connect', settings });
      isConnected = true;
    },
    over: (next: SyncLine) => {
      call = createSyncCaller(next);
      isConnected = false;
      pausedUntil = 0;
    },
    end: () => {
      isConnected = false;
      call({ kind: 'end' } satisfies ConnectionQuestion, timeoutMs);
    },
    get isConnected() {
      return isConnected;
    },
  };
  return connection as unknown as PostgresConnection;
}

/** Class 28 of PostgreSQL, appendix A; the client itself where there is no password to give. */
const isRefused = ({ code, message }: ConnectionAnswer & { kind: 'failed' }): boolean =>
  (code?.startsWith('28') ?? false) || /password must be a/.test(message);

const asBuffer = (value: unknown): unknown =>
  ArrayBuffer.isView(value) ? Buffer.from(value.buffer, value.byteOffset, value.byteLength) : value;

function boundStatement(
  { text, bindings }: PostgresStatement,
  values: readonly unknown[],
): { text: string; bound: unknown[] } {
  const bound = bindings.map(({ from, as }) => boundValue(values[from], as));
  const regular = bindings.flatMap(({ from, as }, index) =>
    as === 'glob' && isRegular(values[from]) ? [`LIKE $${index + 1}`] : [],
  );
  if (regular.length === 0) return { text, bound };
  return {
    text: text.replace(/LIKE \$\d+/g, (found) => (regular.includes(found) ? found.replace('LIKE', '~') : found)),
    bound,
  };
}
