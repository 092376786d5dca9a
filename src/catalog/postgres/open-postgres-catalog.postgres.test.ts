import { afterAll, beforeAll, describe } from '@jest/globals';
import { additionsSuite } from '../testing/additions-suite.js';
import { catalogSuite } from '../testing/catalog-suite.js';
import { descriptionSuite } from '../testing/description-suite.js';
import { extendedMatchingSuite } from '../testing/extended-matching-suite.js';
import { identitySuite } from '../testing/identity-suite.js';
import { matchingSuite } from '../testing/matching-suite.js';
import type { OpenForSuite } from '../testing/open-for-suite.js';
import { openPostgresTestCatalog } from '../testing/open-postgres-test-catalog.js';
import { type PostgresServer, startPostgres } from '../testing/postgres-server.js';
import { projectionSuite } from '../testing/projection-suite.js';
import { quarantineSuite } from '../testing/quarantine-suite.js';
import { readingSuite } from '../testing/reading-suite.js';
import { retirementSuite } from '../testing/retirement-suite.js';
import { returnedSuite } from '../testing/returned-suite.js';
import { searchSuite } from '../testing/search-suite.js';
import { visibilitySuite } from '../testing/visibility-suite.js';

let server: PostgresServer;
/** The URL of a database with an empty catalogue. */
let empty: string;
beforeAll(async () => {
  server = await startPostgres();
  empty = await server.createDatabase();
  await (await openPostgresTestCatalog({ url: empty })).close();
});
afterAll(() => server.close());

describe('catalog on PostgreSQL', () => {
  const urls = new Map<string, string>();
  const open: OpenForSuite = async ({ name, site } = {}) => {
    const url = (name !== undefined && urls.get(name)) || (await server.createDatabase({ copyOf: empty }));
    if (name !== undefined) urls.set(name, url);
    return openPostgresTestCatalog({ url, site });
  };
  catalogSuite(open);
  projectionSuite(open);
  readingSuite(open);
  descriptionSuite(open);
  extendedMatchingSuite(open);
  identitySuite(open);
  additionsSuite(open);
  quarantineSuite(open);
  retirementSuite(open);
  searchSuite(open);
  returnedSuite(open);
  matchingSuite(open);
  visibilitySuite(open);
});
