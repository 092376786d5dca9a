import base from './jest.config.js';

/** Tests against an OpenID provider that is not ours, which `scripts/fetch-keycloak.mjs` provides. */
export default {
  ...base,
  testMatch: ['**/*.keycloak.test.ts'],
  testPathIgnorePatterns: ['/node_modules/'],
  testTimeout: 300_000,
};
