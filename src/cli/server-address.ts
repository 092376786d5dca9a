import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { localTokenFile } from '../access/local-token.js';
import { LedgerError } from '../base/errors.js';

/** A running server, and what lets us in there. */
export interface ServerAddress {
  /** Without a slash at the end. */
  url: string;
  /** Sent as `Authorization: Bearer`; undefined for a server that gets none. */
  token: string | undefined;
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/**
 * The server at `url`, with the token in `tokenFile`. Without one, a server of this machine gets the token in
 * `DATA_DIR/local.token`, if this user may read it; it is sent nowhere else. Throws `bad-request` for what is no URL and for
 * a file that cannot be read.
 */
export async function findServer(url: string, tokenFile?: string): Promise<ServerAddress> {
  if (!URL.canParse(url)) throw new LedgerError('bad-request', `"${url}" is not the URL of a server.`);
  const server = url.replace(/\/+$/, '');
  if (tokenFile !== undefined) return { url: server, token: await readToken(tokenFile) };
  const isLocal = LOOPBACK.includes(new URL(url).hostname);
  const own = localTokenFile(path.resolve(process.env['DATA_DIR'] || './data'));
  return { url: server, token: isLocal ? await readToken(own).catch(() => undefined) : undefined };
}

async function readToken(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new LedgerError('bad-request', `The token file ${file} cannot be read (${code}).`, { cause });
  }
}
