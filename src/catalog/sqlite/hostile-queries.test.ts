import { describe } from '@jest/globals';
import { hostileQueriesSuite } from '../testing/hostile-queries-suite.js';
import { openTestCatalog } from '../testing/open-test-catalog.js';

describe('catalog on SQLite', () => {
  hostileQueriesSuite(() => openTestCatalog({ file: ':memory:' }));
});
