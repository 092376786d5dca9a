import { afterAll, beforeAll } from '@jest/globals';
import type { OpenForSuite } from './open-for-suite.js';
import { openPostgresTestCatalog } from './open-postgres-test-catalog.js';
import { type PostgresServer, startPostgres } from './postgres-server.js';

/** Opens catalogues for the suites of the port, each in a database of its own of one server, which runs as long as the test file. */
export function postgresForSuite(): OpenForSuite & { server: () => PostgresServer; urlOf: (name: string) => string } {
  let server: PostgresServer;
  /** The URL of a database with an empty catalogue. */
  let empty: string;
  beforeAll(async () => {
    server = await startPostgres();
    empty = await server.createDatabase();
    await (await openPostgresTestCatalog({ url: empty })).close();
  });
  afterAll(() => server.close());
  const urls = new Map<string, string>();
  const open: OpenForSuite = async ({ name, site } = {}) => {
    const url = (name !== undefined && urls.get(name)) || (await server.createDatabase({ copyOf: empty }));
    if (name !== undefined) urls.set(name, url);
    return openPostgresTestCatalog({ url, site });
  };
  return Object.assign(open, { server: () => server, urlOf: (name: string) => urls.get(name)! });
}

/** `POSTGRES_SUITES=all` runs every suite of the port on PostgreSQL, which takes a quarter of an hour; else those with its own SQL. */
export const ALL_SUITES = process.env['POSTGRES_SUITES'] === 'all';
