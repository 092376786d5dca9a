import base from './jest.config.js';

/** Tests of the Debian package, which `npm run package` makes, in clean Debian machines. */
export default {
  ...base,
  testMatch: ['**/*.package.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 300_000,
  maxWorkers: 1,
};
