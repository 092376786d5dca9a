import base from './jest.config.js';

/** Tests that need nothing but this machine, and much of its time: large bodies, kills and restarts, random histories. */
export default {
  ...base,
  testMatch: ['**/*.long.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 600_000,
};
