import base from './jest.config.js';

/** Tests on real containers, which `scripts/prepare-containers.mjs` has built. They share ports and names: one after another. */
export default {
  ...base,
  testMatch: ['**/*.containers.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 240_000,
  maxWorkers: 1,
};
