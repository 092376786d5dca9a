import type { Log } from '../../base/log.js';
import type { Way } from '../authenticate.js';
import type { Claims, RolesOf } from '../roles-of.js';
import { bearerWay, createVerifyToken } from './bearer-way.js';
import { createOidcLogin, type OidcLogin } from './oidc-login.js';
import { createOpenidProvider, type OpenidProviderOptions } from './openid-provider.js';
import { principalOfClaims } from './principal-of-claims.js';

/** The ways in by one OpenID provider: its access tokens, and its page to log in. */
export interface Oidc {
  issuer(): string;
  way: Way;
  /** Undefined where this server is no client of the provider. */
  login: OidcLogin | undefined;
  /** Of this server as an OAuth resource (RFC 9728 §2). */
  resourceMetadata(): Record<string, unknown>;
}

export interface OidcOptions extends Pick<OpenidProviderOptions, 'issuer' | 'clientSecret' | 'fetch'> {
  /** What `aud` has in tokens for this server; undefined takes none. */
  audience: (() => string) | undefined;
  clientId: string | undefined;
  scope: string;
  ownUrl: () => string;
  rolesOf: RolesOf;
  log: Log;
}

export function createOidc(options: OidcOptions): Oidc {
  const { issuer, audience, clientId, rolesOf, ownUrl } = options;
  // Discovery itself needs none.
  const provider = createOpenidProvider({ ...options, clientId: clientId ?? 'none' });
  const verify = audience && createVerifyToken(provider, { audience });
  const principalOf = (claims: Claims) => principalOfClaims(claims, { issuer: issuer(), rolesOf });
  return {
    issuer,
    way: verify ? bearerWay({ verify, principalOf }) : async () => undefined,
    login:
      clientId === undefined ? undefined : createOidcLogin({ ...options, clientId, provider, verify, principalOf }),
    resourceMetadata: () => ({
      resource: ownUrl(),
      resource_name: 'dicom-ledger',
      bearer_methods_supported: ['header'],
      ...(audience !== undefined && { authorization_servers: [issuer()] }),
    }),
  };
}
