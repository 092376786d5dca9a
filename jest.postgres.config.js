import base from './jest.config.js';

/** Tests that run against a real PostgreSQL: Debian's `postgresql`. */
export default {
  ...base,
  testMatch: ['**/*.postgres.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 300_000,
};
