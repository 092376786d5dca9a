import { stat } from 'node:fs/promises';
import path from 'node:path';
import { probePostgres } from '../catalog/postgres/probe-postgres.js';
import type { Config } from '../config.js';
import type { Check } from './finding.js';

/** Whether the catalogue can be reached. */
export function catalogue({ CATALOG_URL, CATALOG_PASSWORD_FILE, DATA_DIR }: Config): Check {
  return {
    name: 'catalogue',
    look: async ({ ok, fault }) => {
      if (CATALOG_URL !== undefined) {
        const { place, version, hasCatalog } = await probePostgres({ url: CATALOG_URL, passwordFile: CATALOG_PASSWORD_FILE }); // prettier-ignore
        return ok(`PostgreSQL ${version} at ${place} answers, ${hasCatalog ? 'and has a catalogue' : 'and gets a catalogue at the first start'}.`); // prettier-ignore
      }
      const found = await stat(path.join(DATA_DIR, 'catalog.sqlite')).catch((error: NodeJS.ErrnoException) => error);
      if (!(found instanceof Error)) return ok(`The catalogue has ${(found.size / 2 ** 20).toFixed(1)} MiB.`);
      if (found.code === 'ENOENT') return ok('There is no catalogue yet; the first start makes one.');
      fault(
        `The catalogue cannot be looked at (${found.code}).`,
        "Give DATA_DIR to the server's user, and run this as that user.",
      );
    },
  };
}
