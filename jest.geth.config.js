import base from './jest.config.js';

/** Tests that run against a real geth, which `scripts/build-geth.mjs` provides. */
export default {
  ...base,
  testMatch: ['**/*.geth.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 600_000,
};
