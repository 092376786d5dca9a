import { LedgerError } from '../../base/errors.js';
import { clientAt } from './client-at.js';
import { type CatalogAddress, sessionsAt } from './session-options.js';
import { LOCK } from './writing-session.js';

/**
 * Empties the catalogue in a PostgreSQL database; the annotations stay. Rejects with `locked` while a server writes it, and with
 * `unavailable` when the database does not answer.
 */
export async function dropPostgresCatalog(address: CatalogAddress): Promise<void> {
  const { url, password, place } = sessionsAt(address)('drops', 60_000);
  const client = clientAt({ url, password });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ isOurs: boolean }>(`SELECT pg_try_advisory_lock(${LOCK}) AS "isOurs"`);
    if (rows[0]?.isOurs !== true)
      throw new LedgerError('locked', `A server writes the catalogue at ${place}; stop it first.`);
    await client.query('DROP SCHEMA IF EXISTS catalog CASCADE');
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    throw new LedgerError('unavailable', `PostgreSQL at ${place} does not answer (${(error as Error).message}).`, {
      cause: error,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}
