import { parentPort, workerData } from 'node:worker_threads';
import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { createSyncCaller, type SyncLine } from './sync-call.js';
import type { SiteRules } from '../sqlite/site-rules.js';
import type { Visibility } from '../visibility.js';
import { openConnection, type PostgresConnection } from './connection.js';
import type { SessionOptions } from './session-options.js';
import { type SentFailure, sentFailure } from './failure.js';
import { createReadingSession } from './reading-session.js';
import { createWritingSession, type WritingSession } from './writing-session.js';

export interface WorkerSettings {
  role: 'reads' | 'writes';
  rules: SiteRules;
  session: SessionOptions;
  connection: SyncLine;
  /** Asks for the name of a site, by its number. */
  names: SyncLine;
}

/** Who reads; undefined for lists, annotations and all that is written. */
interface Reader {
  visibility: Visibility;
  siteId: number | undefined;
}

export interface WorkerCall {
  id: number;
  /** `next`: of the answer in parts that an earlier call has begun; `drop`: that nobody wants the rest of it. */
  kind: 'call' | 'begin' | 'next' | 'drop';
  method: string;
  parameters: readonly unknown[];
  reader: Reader | undefined;
}

export type WorkerMessage =
  | { kind: 'value'; id: number; value: unknown }
  | { kind: 'failure'; id: number; failure: SentFailure }
  /** Why nothing can be written just now; undefined when it can. */
  | { kind: 'standby'; why: SentFailure | undefined }
  | { kind: 'log'; level: 'info' | 'warn' | 'error'; fields: Record<string, unknown>; sentence: string };

/** Parts that are given at a time. */
const PARTS = 64;
const NAME_MS = 5_000;
/** So often what has changed is written into the journal, and whether the session is there still. */
const LOOK_EVERY_MS = 1_000;

/** What is nowhere but in the annotations. */
const SAID = new Set(['judge', 'decide', 'decideRetirements', 'addLabels', 'removeLabel']);

type Method = (...parameters: unknown[]) => unknown;
type Steps = Iterator<unknown, unknown>;

const SETTINGS = workerData as WorkerSettings;
const send = (message: WorkerMessage): void => parentPort?.postMessage(message);
const log = Object.fromEntries(
  (['info', 'warn', 'error'] as const).map((level) => [
    level,
    (fields: Record<string, unknown>, sentence: string) => send({ kind: 'log', level, fields, sentence }),
  ]),
) as unknown as Log;

function createReads(db: PostgresConnection): (call: WorkerCall) => unknown {
  const ask = createSyncCaller(SETTINGS.names);
  let known = new Map<number, string>();
  const siteName = (siteId: number): string => {
    const name = known.get(siteId) ?? (ask(siteId, NAME_MS) as string | undefined) ?? `site ${siteId}`;
    known.set(siteId, name);
    return name;
  };
  const opened = createReadingSession(db, { rules: SETTINGS.rules, siteName });
  const begun = new Map<number, Steps>();

  const methodOf = ({ method, reader }: WorkerCall): Method => {
    const methods = reader ? opened.reading(reader.visibility, reader.siteId) : opened.lists;
    return (methods as unknown as Record<string, Method>)[method]!;
  };
  const nextOf = (id: number): { values: unknown[]; isDone: boolean } => {
    const values: unknown[] = [];
    while (values.length < PARTS) {
      const { done, value } = begun.get(id)!.next();
      if (done) {
        begun.delete(id);
        return { values, isDone: true };
      }
      values.push(value);
    }
    return { values, isDone: false };
  };
  const whole = (steps: Steps): unknown => {
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
    }
  };
  const answer = (call: WorkerCall): unknown => {
    const { kind, method, parameters } = call;
    if (kind === 'drop') return void begun.delete(parameters[0] as number);
    if (kind === 'next') return opened.atOnce(() => nextOf(parameters[0] as number));
    known = new Map();
    if (kind === 'begin') {
      begun.set(call.id, methodOf(call)(...parameters) as Steps);
      return opened.atOnce(() => nextOf(call.id));
    }
    return opened.atOnce(() => {
      const result = methodOf(call)(...parameters);
      // Nobody waits in this thread: others have threads of their own.
      return method === 'search' ? whole(result as Steps) : result;
    });
  };
  return (call) => {
    const wasConnected = db.isConnected;
    try {
      return answer(call);
    } catch (error) {
      // The session was lost before: one try in a new one.
      if (db.isConnected || !wasConnected || call.kind === 'next') throw error;
      return answer(call);
    }
  };
}

function createWrites(db: PostgresConnection): (call: WorkerCall) => unknown {
  let open: WritingSession | undefined;
  let lost: unknown = new LedgerError('unavailable', 'The catalogue is not written yet; ask again later.', {
    retryable: true,
  });
  const lose = (error: unknown): void => {
    if (open && db.isConnected) return;
    open = undefined;
    lost = error;
    send({ kind: 'standby', why: sentFailure(error) });
  };
  /** Only the follower begins a new session: it has to begin its walk at what is there then. */
  const opened = (method: string): WritingSession => {
    if (open) return open;
    if (method !== 'takeOver') throw lost;
    open = createWritingSession(db, { rules: SETTINGS.rules, log });
    send({ kind: 'standby', why: undefined });
    return open;
  };
  const look = (): void => {
    try {
      if (!open) return;
      db.first('SELECT 1');
      const { durably, journal } = open;
      // What somebody has read of it is never said anew.
      durably(() => journal.note());
    } catch (error) {
      lose(error);
    }
  };
  setInterval(look, LOOK_EVERY_MS);

  const perform = ({ method, parameters }: WorkerCall): unknown => {
    const { writing, annotations, journal, durably } = opened(method);
    const methods = { ...annotations, ...writing } as unknown as Record<string, Method>;
    const own: Record<string, Method> = {
      takeOver: () => true,
      note: () => durably(() => journal.note()),
      abandon: writing.end as Method,
    };
    const work = own[method] ?? methods[method]!;
    return SAID.has(method) ? durably(() => work(...parameters)) : work(...parameters);
  };
  return (call) => {
    try {
      return perform(call);
    } catch (error) {
      lose(error);
      if (open) open.reload();
      throw error;
    }
  };
}

const db = openConnection(SETTINGS.connection, SETTINGS.session);
const work = SETTINGS.role === 'reads' ? createReads(db) : createWrites(db);
parentPort?.on('message', (call: WorkerCall) => void answer(call));

async function answer(call: WorkerCall): Promise<void> {
  try {
    send({ kind: 'value', id: call.id, value: await work(call) });
  } catch (error) {
    send({ kind: 'failure', id: call.id, failure: sentFailure(error) });
  }
}
