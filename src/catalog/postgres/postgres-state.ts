import type { SyncLine } from './sync-call.js';
import type { ProjectionState } from '../catalog.js';
import { guardedState, prepareProjectionState } from '../sqlite/projection-state.js';
import type { SiteRules } from '../sqlite/site-rules.js';
import { openConnection } from './connection.js';
import { failureOf } from './failure.js';
import type { SessionOptions } from './session-options.js';

/** Before it is tried again to connect: who asks stands still meanwhile. */
const PAUSE_MS = 1_000;

/** The projection's state from the database each time, over a session of its own; each answer takes some tenths of a millisecond. */
export function openPostgresState(
  line: SyncLine,
  session: SessionOptions,
  rules: SiteRules,
): { projection: ProjectionState; over(line: SyncLine): void; close(): void } {
  const db = openConnection(line, session);
  const state = prepareProjectionState(db, rules);
  let failed: { error: unknown; until: number } | undefined;
  const connect = (): void => {
    if (failed && performance.now() < failed.until) throw failed.error;
    try {
      db.connect();
      failed = undefined;
    } catch (error) {
      failed = { error, until: performance.now() + PAUSE_MS };
      throw error;
    }
  };
  const guarded =
    <A extends unknown[], R>(work: (...parameters: A) => R) =>
    (...parameters: A): R => {
      try {
        const wasConnected = db.isConnected;
        if (!wasConnected) connect();
        try {
          return work(...parameters);
        } catch (error) {
          if (db.isConnected || !wasConnected) throw error;
          connect();
          return work(...parameters);
        }
      } catch (error) {
        throw failureOf(error);
      }
    };
  return {
    projection: guardedState(state, guarded),
    /** Goes on over another line: at the other end of the one before there is nobody any more. */
    over: (next) => {
      line.port.close();
      line = next;
      db.over(next);
      failed = undefined;
    },
    close: () => line.port.close(),
  };
}
