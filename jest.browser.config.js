import base from './jest.config.js';

/** Tests that drive the viewer in Debian's chromium. */
export default {
  ...base,
  testMatch: ['**/*.browser.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 180_000,
};
