import { LedgerError } from '../base/errors.js';
import { callServer, problemOf } from './call-server.js';
import type { ServerAddress } from './server-address.js';

/** The rows of a list of the server, page by page: of each answer those under `name`, and `next` is the path of the one after it. */
export async function* rowsOf<Row>(server: ServerAddress, first: string, name: string): AsyncGenerator<Row> {
  for (let path: string | undefined = first; path !== undefined;) {
    const response = await callServer(server, path);
    if (!response.ok) throw new LedgerError('conflict', await problemOf(response));
    const page = (await response.json()) as Record<string, Row[]> & { next?: string };
    yield* page[name] ?? [];
    path = page.next;
  }
}

/** Lets an admin of a running server decide: what came of it is in its status alone. */
export async function decide(server: ServerAddress, path: string): Promise<void> {
  const response = await callServer(server, path, { method: 'POST' });
  if (!response.ok) throw new LedgerError('conflict', await problemOf(response));
}
