import pg from 'pg';
import type { DumpSource } from './dump.js';
import type { HistoryBed, HistoryCatalog } from './history-property.js';
import { openPostgresTestCatalog } from './open-postgres-test-catalog.js';
import type { PostgresServer } from './postgres-server.js';
import { until } from '../../base/testing/until.js';

const INT8 = 20;
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    oid === INT8 ? Number : (pg.types.getTypeParser(oid, format) as (text: string) => unknown),
};
/** Of the schema `annotations`: what decides of what is shown. */
const SAID = ['label', 'removed_label', 'content', 'retirement_decision'];

/** Catalogues for histories, in databases of their own; the annotations are copied for the one that is rebuilt. */
export function postgresHistoryBed(server: () => PostgresServer): HistoryBed {
  const urls = new Map<HistoryCatalog, string>();
  const withClient = async <T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const client = await connect(url);
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  const copyAnnotations = (from: string, to: string): Promise<void> =>
    withClient(from, (source) =>
      withClient(to, async (target) => {
        for (const table of SAID) {
          const { rows } = await source.query<Record<string, unknown>>(`SELECT * FROM annotations.${table}`);
          for (const row of rows) {
            const places = Object.keys(row).map((_, index) => `$${index + 1}`);
            await target.query(
              `INSERT INTO annotations.${table} (${Object.keys(row).join()}) VALUES (${places.join()})`,
              Object.values(row),
            );
          }
        }
      }),
    );
  return {
    open: async (name, shown) => {
      const known = urls.get(name);
      const url = known ?? (await server().createDatabase());
      urls.set(name, url);
      const site = { ...shown, retirementsPerHour: 1 };
      if (known === undefined && name === 'rebuilt') {
        await (await openPostgresTestCatalog({ url, site })).close();
        await copyAnnotations(urls.get('played')!, url);
      }
      const catalog = await openPostgresTestCatalog({ url, site });
      // The session of the one before may end a moment after it was closed.
      await until('the lock to be free', () => catalog.takeOver());
      return catalog;
    },
    source: async (name): Promise<DumpSource> => {
      const client = await connect(urls.get(name)!);
      const rows = async (sql: string, value?: unknown): Promise<Record<string, unknown>[]> =>
        (await client.query<Record<string, unknown>>(sql.replace('?', '$1'), value === undefined ? [] : [value])).rows;
      const found = await rows("SELECT tablename FROM pg_tables WHERE schemaname = 'catalog' ORDER BY tablename");
      return { tables: found.map(({ tablename }) => tablename as string), rows, close: () => client.end() };
    },
    remove: (...names) => names.forEach((name) => void urls.delete(name)),
  };
}

async function connect(connectionString: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString, types });
  await client.connect();
  await client.query('SET search_path = catalog');
  return client;
}
