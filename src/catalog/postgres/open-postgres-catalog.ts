import { Worker } from 'node:worker_threads';
import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { answerSyncCalls, createSyncLine, type SyncLine } from './sync-call.js';
import { workerUrl } from '../../base/worker-url.js';
import type { Catalog, CatalogReader, InstanceBodies } from '../catalog.js';
import type { SiteRules } from '../sqlite/site-rules.js';
import type { Visibility } from '../visibility.js';
import type { WorkerMessage } from './catalog-worker.js';
import { receivedFailure, sentFailure, type SentFailure } from './failure.js';
import { type LastingWorkerEnd, startLastingWorker } from './lasting-worker.js';
import { openPostgresState } from './postgres-state.js';
import { type CatalogAddress, sessionsAt } from './session-options.js';
import { openWorkerPool, type WorkerPool } from './worker-pool.js';

interface OpenPostgresCatalog extends CatalogAddress {
  log: Log;
  site: SiteRules;
  /** As of `openCatalog`. */
  siteName: (siteId: number) => string;
  /** Threads that read; another one writes. Default 2. */
  readers?: number;
  /** Is called when a thread has ended by itself. */
  onThreadEnded?: () => void;
}

/** For one statement, in milliseconds. What is asked for by the thread that serves is small, and holds up everybody. */
const TIMEOUTS = { reads: 60_000, writes: 600_000, state: 3_000 };

const WRITER_ENDED = 'The thread that writes the catalogue has ended; ask again later.';

/**
 * Opens the catalogue in a PostgreSQL database, or makes it there. Whichever server of the site has its lock follows the chain and writes;
 * others read (`standby`). The catalogue's code is that of SQLite, in threads whose statements stand still until PostgreSQL answers. Rejects
 * with `unavailable` when it does not answer, and with `misconfigured` for a URL or a database that is of no use.
 */
export async function openPostgresCatalog(options: OpenPostgresCatalog): Promise<Catalog> {
  const { log, site: rules, siteName, readers: readerCount = 2, onThreadEnded } = options;
  const session = sessionsAt(options);
  const ended =
    (task: string, next: () => void): LastingWorkerEnd =>
    (cause, isReplaced) => {
      const sentence = isReplaced
        ? 'A thread of the catalogue has ended, and another one has begun.'
        : 'A thread of the catalogue has ended too often; start the server again.';
      log.error({ err: cause, task }, sentence);
      onThreadEnded?.();
      if (isReplaced) next();
    };
  const connections = startLastingWorker({
    start: () => new Worker(workerUrl(import.meta.url, 'connection-worker.js')),
    // What asks over lines to a thread that is no more would wait in vain.
    onEnd: ended('connects', () => {
      readers.restart();
      writer.restart();
      state.over(connect());
    }),
  });
  const connect = (): SyncLine => {
    const { asking, answering } = createSyncLine();
    connections.current?.postMessage(answering, [answering.port]);
    return asking;
  };
  const names = (): SyncLine => {
    const { asking, answering } = createSyncLine();
    answerSyncCalls(answering, siteName);
    return asking;
  };
  let standby: SentFailure | undefined;
  const tell = (message: Exclude<WorkerMessage, { id: number }>): void => {
    if (message.kind === 'log') return log[message.level](message.fields, message.sentence);
    const isNew = message.why?.message !== standby?.message;
    standby = message.why;
    if (!isNew) return;
    if (standby) log.warn({ reason: standby.message }, 'This server does not write the catalogue.');
    else log.info('This server follows the chain and writes the catalogue.');
  };
  const settings = (role: 'reads' | 'writes') => () => ({
    ...{ role, rules, session: session(role, TIMEOUTS[role]), connection: connect(), names: names() },
  });
  const readers = openWorkerPool(
    Array.from({ length: readerCount }, () => settings('reads')),
    { tell, onEnd: ended('reads', () => undefined) },
  );
  // Its session with the lock has ended with it: whoever follows the chain has to take over anew.
  const loseLock: LastingWorkerEnd = (cause, isReplaced) => {
    tell({ kind: 'standby', why: sentFailure(new LedgerError('unavailable', WRITER_ENDED, { retryable: true })) });
    ended('writes', () => undefined)(cause, isReplaced);
  };
  const writer = openWorkerPool([settings('writes')], { tell, onEnd: loseLock });
  const state = openPostgresState(connect(), session('state', TIMEOUTS.state), rules);
  const close = async (): Promise<void> => {
    state.close();
    await Promise.all([readers.close(), writer.close()]);
    await connections.close();
  };

  const write =
    (method: string) =>
    async (...parameters: unknown[]): Promise<never> =>
      (await writer.call({ kind: 'call', method, parameters, reader: undefined })) as never;
  const list =
    (method: string) =>
    async (...parameters: unknown[]): Promise<never> =>
      (await readers.call({ kind: 'call', method, parameters, reader: undefined })) as never;
  const takeOver = async (): Promise<boolean> => {
    try {
      await write('takeOver')();
      return true;
    } catch {
      return false;
    }
  };

  if (!(await takeOver()) && standby?.details.isFollowed !== true) {
    await close();
    throw receivedFailure(standby!);
  }
  const note = async (): Promise<void> => {
    // What another server has taken in last, that one notes within a second.
    if (!standby) await write('note')();
  };
  return {
    projection: state.projection,
    annotations: {
      labels: list('labels'),
      addLabels: write('addLabels'),
      removeLabel: write('removeLabel'),
    },
    get standby() {
      return standby?.message;
    },
    takeOver,
    apply: write('apply'),
    rollback: write('rollback'),
    waiting: list('waiting'),
    begin: write('begin'),
    abandon: write('abandon'),
    read: write('read'),
    unlock: write('unlock'),
    locked: list('locked'),
    announcedUnder: list('announcedUnder'),
    lockedImages: list('lockedImages'),
    lockedImage: list('lockedImage'),
    ringsOfStudy: list('ringsOfStudy'),
    studiesOf: list('studiesOf'),
    unverified: list('unverified'),
    judge: write('judge'),
    quarantined: list('quarantined'),
    decide: write('decide'),
    conflicts: list('conflicts'),
    faults: list('faults'),
    massRetirements: list('massRetirements'),
    decideRetirements: write('decideRetirements'),
    seenBy: (visibility, siteId) => readerOf(readers, { visibility, siteId }, note),
    close,
  };
}

function readerOf(
  readers: WorkerPool,
  reader: { visibility: Visibility; siteId: number | undefined },
  note: () => Promise<void>,
): CatalogReader {
  const ask =
    (method: string) =>
    async (...parameters: unknown[]): Promise<never> =>
      (await readers.call({ kind: 'call', method, parameters, reader })) as never;
  const each =
    (method: string) =>
    (...parameters: unknown[]): AsyncGenerator<never> =>
      readers.each({ kind: 'begin', method, parameters, reader }) as AsyncGenerator<never>;
  const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    search: async (query, { signal } = {}) =>
      (await readers.call({ kind: 'call', method: 'search', parameters: [query], reader }, signal)) as never,
    hasStudy: ask('hasStudy'),
    siteOfStudy: ask('siteOfStudy'),
    instance: ask('instance'),
    instances: ask('instances'),
    isGone: ask('isGone'),
    metadata: each('metadata'),
    bodies: async (id) => {
      const bodies = (await ask('bodies')(id)) as InstanceBodies | undefined;
      return bodies && { ...bodies, header: asBuffer(bodies.header) };
    },
    preview: async (id) => {
      const bytes = (await ask('preview')(id)) as Uint8Array | undefined;
      return bytes && asBuffer(bytes);
    },
    images: each('images'),
    sealedSOPInstanceUIDs: each('sealedSOPInstanceUIDs'),
    counts: ask('counts'),
    changes: async function* (range) {
      await note();
      yield* each('changes')(range);
    },
  };
}
