import { once } from 'node:events';
import type { Archive } from '../../archive/archive.js';
import { LedgerError } from '../../base/errors.js';
import { dicomwebRoot } from '../message/dicomweb-root.js';
import type { ChangeCall } from './change-call.js';
import { changeText } from './change-text.js';
import type { ChangeQuery } from './read-change-query.js';

/** Sends the changes as they come (HTML standard §9.2), until the client goes away. */
export type StreamChanges = (archive: Archive, call: ChangeCall & { query: ChangeQuery }) => Promise<void>;

export interface StreamOptions {
  /** Aborts when the server stops. */
  closing?: AbortSignal;
  /** How long nothing may be sent; then a comment is, so that no proxy takes the connection for dead. */
  heartbeatMs?: number;
  /** Then the client has to come again, and is asked again who it is. */
  longestMs?: number;
}

const MAX_STREAMS = 200;
const MAX_OF_ONE_CALLER = 8;
const HEARTBEAT_MS = 15_000;
const LONGEST_MS = 600_000;
/** The client waits so long before it comes again. */
const RETRY_MS = 3_000;

/**
 * Makes the streams, of which one caller has 8 at most and all have 200: `too-many-requests` beyond. A stream begins after Last-Event-ID, else
 * after `offset`, else with what comes from now on; the id of an event is its Sequence, so that a client that comes again misses nothing.
 */
export function createStreamChanges({
  closing,
  heartbeatMs = HEARTBEAT_MS,
  longestMs = LONGEST_MS,
}: StreamOptions = {}): StreamChanges {
  const counts = new Map<string, number>();
  let count = 0;

  return async (archive, call) => {
    const { request, response, caller, query, publicUrl } = call;
    const root = dicomwebRoot(request, publicUrl);
    const { limit, withMetadata } = query;
    const lastEvent = lastEventId(request.headers['last-event-id']);
    const owner = JSON.stringify([caller.issuer, caller.subject]);
    const own = counts.get(owner) ?? 0;
    if (own >= MAX_OF_ONE_CALLER || count >= MAX_STREAMS)
      throw new LedgerError(
        'too-many-requests',
        `${own >= MAX_OF_ONE_CALLER ? `${own} streams of one caller` : `${count} streams`} are open, and no more are opened; end one.`,
      );
    count++;
    counts.set(owner, own + 1);
    const gone = new AbortController();
    const { signal } = gone;
    const end = (): void => gone.abort();
    const longest = setTimeout(end, longestMs);
    response.once('close', end);
    closing?.addEventListener('abort', end, { once: true });
    if (closing?.aborted) end();
    try {
      const [latest] = await archive.changes({ newestFirst: true, limit: 1, withMetadata: false });
      let after = lastEvent ?? query.offset ?? latest?.sequence ?? 0;
      response.setHeader('Content-Type', 'text/event-stream');
      response.setHeader('Cache-Control', 'no-store');
      // nginx would keep it back until there is enough of it.
      response.setHeader('X-Accel-Buffering', 'no');
      response.write(`retry: ${RETRY_MS}\n\n`);
      while (!signal.aborted) {
        // Asked before looking, so that nothing that comes meanwhile is waited for.
        const changed = archive.untilChanged(signal);
        const found = await archive.changes({ after, limit, withMetadata });
        for (const change of found) {
          const text = `id: ${change.sequence}\nevent: ${change.action}\ndata: ${changeText(change, root)}\n\n`;
          if (!response.write(text)) await once(response, 'drain', { signal });
          after = change.sequence;
        }
        if (found.length < limit && (await changedWithin(changed, heartbeatMs)) === 'late')
          response.write(': still here\n\n');
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      end();
      clearTimeout(longest);
      closing?.removeEventListener('abort', end);
      count--;
      if (own === 0 && counts.get(owner) === 1) counts.delete(owner);
      else counts.set(owner, (counts.get(owner) ?? 1) - 1);
      if (response.headersSent) response.end();
    }
  };
}

async function changedWithin(changed: Promise<void>, ms: number): Promise<'changed' | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => (timer = setTimeout(() => resolve('late'), ms)));
  const first = await Promise.race([changed.then(() => 'changed' as const), late]);
  clearTimeout(timer);
  return first;
}

/** Throws `bad-request` for what this server has not given as an id. */
function lastEventId(text: string | string[] | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (typeof text === 'string' && /^\d{1,15}$/.test(text)) return Number(text);
  throw new LedgerError('bad-request', `The Last-Event-ID "${String(text).slice(0, 40)}" is no Sequence of this feed.`);
}
