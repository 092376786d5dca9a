import type { IncomingMessage } from 'node:http';
import { createAuthenticate } from '../../../src/access/authenticate.js';
import { bearerWay, createVerifyToken } from '../../../src/access/oidc/bearer-way.js';
import { createOpenidProvider } from '../../../src/access/oidc/openid-provider.js';
import { principalOfClaims } from '../../../src/access/oidc/principal-of-claims.js';
import { createForger, mutateToken } from '../../../src/access/oidc/testing/mutate-token.js';
import { AUDIENCE, openTokenIssuer } from '../../../src/access/oidc/testing/token-issuer.js';
import { PERMISSIONS } from '../../../src/access/principal.js';
import { silentLog } from '../../../src/base/log.js';
import type { Door } from '../door.js';
import { requireThat, throwsNothing, throwsOnly } from '../find.js';

/** Bearer tokens that are forged, damaged, expired or meant for others: nobody is let in, and the next valid one is. */
export async function openTokenDoor(): Promise<Door> {
  const tokens = await openTokenIssuer();
  const { issuer } = tokens;
  const forger = await createForger(tokens);
  const provider = createOpenidProvider({ issuer: () => issuer, clientId: 'archive', log: silentLog });
  const verify = createVerifyToken(provider, { audience: () => AUDIENCE });
  const rolesOf = () => ({ permissions: new Set(PERMISSIONS), sees: 'everything' as const });
  const authenticate = createAuthenticate([
    bearerWay({ verify, principalOf: (claims) => principalOfClaims(claims, { issuer, rolesOf }) }),
  ]);
  const ask = (token: string) => authenticate({ headers: { authorization: `Bearer ${token}` } } as IncomingMessage);
  return {
    make: async (random) => {
      const { label, token } = await mutateToken(random, forger);
      return { label, bytes: Buffer.from(token) };
    },
    run: async ({ label, bytes }) => {
      const principal = await throwsOnly(['unauthenticated'], () => ask(bytes.toString()));
      requireThat(principal === undefined, `Somebody was let in with a token of the kind "${label}".`);
    },
    inspect: async () => {
      const token = await tokens.sign();
      await throwsNothing(() => ask(token));
    },
    close: () => tokens.close(),
  };
}
