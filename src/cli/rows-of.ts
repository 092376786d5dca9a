import { LedgerError } from '../base/errors.js';
import { callServer, problemOf } from './call-server.js';
import type { ServerAddress } from './server-address.js';

/** The rows of a list of the server, page by page: `Link: …; rel="next"` leads on (RFC 8288). */
export async function* rowsOf<Row>(server: ServerAddress, first: string): AsyncGenerator<Row> {
  for (let path: string | undefined = first; path !== undefined;) {
    const response = await callServer(server, path);
    if (!response.ok) throw new LedgerError('conflict', await problemOf(response));
    yield* (await response.json()) as Row[];
    [, path] = /^<([^>]+)>; rel="next"$/.exec(response.headers.get('Link') ?? '') ?? [];
  }
}

/** Lets an admin of a running server decide: what came of it is in its status alone. */
export async function decide(server: ServerAddress, path: string): Promise<void> {
  const response = await callServer(server, path, { method: 'POST' });
  if (!response.ok) throw new LedgerError('conflict', await problemOf(response));
}
