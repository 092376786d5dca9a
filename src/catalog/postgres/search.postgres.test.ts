import { describe } from '@jest/globals';
import { extendedMatchingSuite } from '../testing/extended-matching-suite.js';
import { hostileQueriesSuite } from '../testing/hostile-queries-suite.js';
import { matchingSuite } from '../testing/matching-suite.js';
import { ALL_SUITES, postgresForSuite } from '../testing/postgres-for-suite.js';
import { returnedSuite } from '../testing/returned-suite.js';
import { runSuites } from '../testing/run-suites.js';
import { searchSuite } from '../testing/search-suite.js';
import { visibilitySuite } from '../testing/visibility-suite.js';

describe('searching a catalogue on PostgreSQL', () => {
  const open = postgresForSuite();
  runSuites(open, {
    searchSuite,
    hostileQueriesSuite,
    matchingSuite: () => matchingSuite(open, ALL_SUITES ? {} : { literals: ['%', '_', '\\', "' OR 1=1 --"] }),
  });
  if (ALL_SUITES) runSuites(open, { extendedMatchingSuite, returnedSuite, visibilitySuite });
});
