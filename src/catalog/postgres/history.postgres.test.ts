// About 70 s.
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import fc from 'fast-check';
import { expectRebuild } from '../testing/history-property.js';
import { ALL_SUITES } from '../testing/postgres-for-suite.js';
import { postgresHistoryBed } from '../testing/postgres-history-bed.js';
import { type PostgresServer, startPostgres } from '../testing/postgres-server.js';
import { factHistories } from '../testing/random-facts.js';
import { histories } from '../testing/random-history.js';

let server: PostgresServer;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server.close());

/** usage: HISTORIES=200 HISTORIES_SEED=1 npm run test:postgres -- history */
const numRuns = Number(process.env.HISTORIES ?? (ALL_SUITES ? 40 : 5));
const seed = process.env.HISTORIES_SEED === undefined ? {} : { seed: Number(process.env.HISTORIES_SEED) };

describe('openPostgresCatalog', () => {
  it('ends after any history as a catalogue that is rebuilt from the blocks that are left, whatever was read late', async () => {
    const bed = postgresHistoryBed(() => server);
    await fc.assert(
      fc.asyncProperty(histories, (history) => expectRebuild(history, bed)),
      { numRuns, ...seed },
    );
  });

  it('ends so too after any history of what the consortium says', async () => {
    const bed = postgresHistoryBed(() => server);
    await fc.assert(
      fc.asyncProperty(factHistories, (history) => expectRebuild(history, bed)),
      { numRuns, ...seed },
    );
  });
});
