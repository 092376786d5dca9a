import { LedgerError } from '../../base/errors.js';
import { clientAt } from './client-at.js';
import { type CatalogAddress, sessionsAt } from './session-options.js';

/** What a database says of itself. */
export interface PostgresState {
  /** Without user and password. */
  place: string;
  version: string;
  /** Whether a server has made its catalogue there. */
  hasCatalog: boolean;
}

const TIMEOUT_MS = 8_000;

/** Asks the database of a catalogue, and changes nothing. Rejects with `unavailable` when it does not answer, `misconfigured` for a URL that is none. */
export async function probePostgres(address: CatalogAddress): Promise<PostgresState> {
  const { url, password, place } = sessionsAt(address)('is looked at', TIMEOUT_MS);
  const client = clientAt({ url, password }, { connectionTimeoutMillis: TIMEOUT_MS, query_timeout: TIMEOUT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ version: string; hasCatalog: boolean }>(
      `SELECT current_setting('server_version') AS version, to_regnamespace('catalog') IS NOT NULL AS "hasCatalog"`,
    );
    return { place, ...rows[0]! };
  } catch (error) {
    const sentence = `PostgreSQL at ${place} does not answer (${(error as Error).message}); see that it runs, and CATALOG_URL.`;
    throw new LedgerError('unavailable', sentence, { cause: error });
  } finally {
    await client.end().catch(() => undefined);
  }
}
