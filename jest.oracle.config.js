import base from './jest.config.js';

/** Tests against other DICOM software: dcmtk, gdcm, and the pydicom that `scripts/build-oracles.mjs` provides. */
export default {
  ...base,
  testMatch: ['**/*.oracle.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 300_000,
};
