/** Unit and conformance tests: what needs nothing but this machine and not much of its time. Workers run from `dist/`, built by `npm test`. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/src', '<rootDir>/contracts', '<rootDir>/conformance', '<rootDir>/bench'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '\\.long\\.test\\.ts$',
    '\\.geth\\.test\\.ts$',
    '\\.keycloak\\.test\\.ts$',
    '\\.browser\\.test\\.ts$',
    '\\.oracle\\.test\\.ts$',
    '\\.package\\.test\\.ts$',
    '\\.postgres\\.test\\.ts$',
    '\\.containers\\.test\\.ts$',
    '\\.vectors\\.test\\.ts$',
  ],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2022', parser: { syntax: 'typescript' } }, module: { type: 'es6' } },
    ],
  },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testSequencer: '<rootDir>/scripts/slowest-first.mjs',
  testTimeout: 180_000,
  maxWorkers: '100%',
};
