import { stat } from 'node:fs/promises';
import { LedgerError } from '../base/errors.js';

/**
 * Throws `bad-request` when a folder belongs to another user than this process runs as: files that this one makes in it could not be
 * read by the server. A folder that isn't there is passed over.
 */
export async function requireOwnFolder(folder: string, user: number | undefined = process.getuid?.()): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found || user === undefined || found.uid === user) return;
  throw new LedgerError(
    'bad-request',
    `${folder} belongs to the user with the number ${found.uid}: run this command as that user, whose server could not read what it writes as another.`,
  );
}
