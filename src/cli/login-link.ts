import { LedgerError } from '../base/errors.js';
import { callServer, problemOf } from './call-server.js';
import type { ServerAddress } from './server-address.js';

/** Prints a link by which a browser of this machine is logged in at a running server, once, within 15 minutes. */
export async function loginLink({ server }: { server: ServerAddress }): Promise<void> {
  const response = await callServer(server, '/access/login-links', { method: 'POST' });
  if (!response.ok) throw new LedgerError('conflict', await problemOf(response));
  const { path } = (await response.json()) as { path: string };
  const url = new URL(path, server.url);
  if (url.hostname === '127.0.0.1' || url.hostname === '[::1]') url.hostname = 'localhost';
  console.log(url.href);
}
