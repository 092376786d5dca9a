import { createClientOf } from '../client-of.js';
import { createApiKeys } from '../api-keys.js';
import { openAccessDatabase } from '../database.js';
import { createLoginCodes } from '../login-codes.js';
import type { Access } from '../open-access.js';
import { createSessions, type SessionRules } from '../sessions.js';
import { createShareLinks } from '../share-links.js';
import { NOTHING } from '../grant.js';

/** Sessions, keys, links and codes that end with the test; what a test says differs from a server on http, port 8080. */
export function accessInMemory(differs: Partial<SessionRules> = {}): Pick<
  Access,
  'sessions' | 'apiKeys' | 'shareLinks' | 'providers' | 'identity'
> & {
  loginCodes: NonNullable<Access['loginCodes']>;
} {
  const database = openAccessDatabase(':memory:');
  const sessions = createSessions(database, {
    isHttps: false,
    basePath: '',
    port: 8080,
    idleMs: 3_600_000,
    maxMs: 36_000_000,
    grantOf: () => NOTHING,
    ...differs,
  });
  return {
    sessions,
    apiKeys: createApiKeys(database, {
      rolesOfKey: () => undefined,
      clientOf: createClientOf({ TRUST_PROXY: [], BEHIND_TLS_PROXY: 'off' }),
    }),
    shareLinks: createShareLinks(database, { sessions }),
    loginCodes: createLoginCodes(sessions),
    providers: [],
    identity: { oidc: undefined, accounts: undefined },
  };
}
