import base from './jest.config.js';

/** What Node and Python make of `src/secrecy`'s formats, each opened by the other: `scripts/build-vectors-python.mjs` provides the Python. */
export default {
  ...base,
  testMatch: ['**/*.vectors.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 300_000,
};
