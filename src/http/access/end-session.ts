import type { Request } from 'express';
import type { Sessions } from '../../access/sessions.js';
import { LedgerError } from '../../base/errors.js';

/** Ends a session, or all of its person. Throws `not-found`. */
export function endSession(sessions: Sessions, request: Request, { ofPerson }: { ofPerson: boolean }): void {
  const id = String(request.params['session']);
  const entry = sessions.list().find((session) => session.id === id);
  if (entry === undefined)
    throw new LedgerError('not-found', 'No session of this id lasts still; GET /access/sessions lists those that do.');
  if (ofPerson) sessions.endAllOf(entry);
  else sessions.endOne(id);
}
