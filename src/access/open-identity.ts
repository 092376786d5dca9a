import { readFile } from 'node:fs/promises';
import { LedgerError } from '../base/errors.js';
import type { Log } from '../base/log.js';
import { OWN_CLIENT } from './accounts/accounts-path.js';
import type { OpenAccounts } from './accounts/open-accounts.js';
import { NOTHING, unionOf, type Grant } from './grant.js';
import type { Oidc } from './oidc/create-oidc.js';
import { CALLBACK_PATH } from './oidc/login-paths.js';
import { grantOfClaims } from './oidc/principal-of-claims.js';
import { PERMISSIONS, type Permission } from './principal.js';
import type { Claims, RolesOf } from './roles-of.js';

/** Who says who people are, if anybody does. */
export interface Identity {
  oidc: Oidc | undefined;
  accounts: OpenAccounts | undefined;
  /** As people know it: where they have a name and a password. */
  name: string;
  /**
   * What somebody may do now, of whom `issuer` once made these claims. Throws `unauthenticated` when it is not valid any more: the
   * account has changed, or the server has another provider.
   */
  grantOf(claims: Claims, issuer: string): Grant;
  close(): Promise<void>;
}

export interface IdentityOptions {
  /** Of a provider elsewhere; undefined without one. */
  issuer: string | undefined;
  clientId: string | undefined;
  clientSecretFile: string | undefined;
  scope: string;
  audience: string | undefined;
  /** Whether people log in by accounts of this server. */
  localAccounts: boolean;
  /** Where viewers elsewhere are sent back to after a login by these. */
  viewerUrls: readonly string[];
}

interface Surroundings {
  dataFolder: string;
  /** The URL of this server as browsers reach it, without a slash at the end; known once it listens. */
  ownUrl: () => string;
  rolesOf: RolesOf;
  log: Log;
}

/** Opens the accounts, or gets ready to ask the provider. Throws `misconfigured`. */
export async function openIdentity(surroundings: Surroundings, options: IdentityOptions): Promise<Identity> {
  if (options.localAccounts) return openLocalIdentity(surroundings, options);
  const { ownUrl, rolesOf, log } = surroundings;
  const { issuer, audience, clientId, scope } = options;
  if (issuer === undefined)
    return { oidc: undefined, accounts: undefined, name: '', grantOf: changed, close: async () => undefined };
  // Its libraries are loaded where there is a provider.
  const { createOidc } = await import('./oidc/create-oidc.js');
  const clientSecret = await readSecret(options.clientSecretFile);
  const audienceOf = audience === undefined ? undefined : () => audience;
  return {
    oidc: createOidc({
      issuer: () => issuer,
      audience: audienceOf,
      clientId,
      clientSecret,
      scope,
      ownUrl,
      rolesOf,
      log,
    }),
    accounts: undefined,
    name: new URL(issuer).host,
    grantOf: (claims, of) => (of === issuer ? (grantOfClaims(claims, rolesOf) ?? NOTHING) : changed()),
    close: async () => undefined,
  };
}

/** This server is a client of its own provider as it would be of any other. */
async function openLocalIdentity(
  { dataFolder, ownUrl, rolesOf, log }: Surroundings,
  { viewerUrls, scope }: IdentityOptions,
): Promise<Identity> {
  // What only those load who want it: oidc-provider warns of Node 20 when it is loaded.
  const [{ openAccounts }, { createOidc }] = await Promise.all([
    import('./accounts/open-accounts.js'),
    import('./oidc/create-oidc.js'),
  ]);
  const accounts = await openAccounts({ dataFolder, ownUrl, callbackPath: CALLBACK_PATH, viewerUrls, log });
  const issuer = (): string => accounts.issuer();
  const rolesOfAccount: RolesOf = (claims) => {
    const { sub, roles } = accounts.currentClaims(claims);
    const grants = (roles as string[]).flatMap(
      (role) => rolesOf({ sub, roles: [role] }) ?? grantOfPermission(role) ?? [],
    );
    return grants.length === 0 ? undefined : unionOf(grants);
  };
  return {
    oidc: createOidc({
      issuer,
      audience: ownUrl,
      clientId: OWN_CLIENT,
      clientSecret: accounts.clientSecret,
      fetch: (url, init) => accounts.fetch(url, init),
      rolesOf: rolesOfAccount,
      ...{ scope, ownUrl, log },
    }),
    accounts,
    name: 'an account of this server',
    grantOf: (claims, of) => (of === issuer() ? (grantOfClaims(claims, rolesOfAccount) ?? NOTHING) : changed()),
    close: () => accounts.close(),
  };
}

/** The name of a permission is a role too, unless the roles file has one of that name: so accounts need no file. */
function grantOfPermission(role: string): Grant | undefined {
  const isOne = (PERMISSIONS as readonly string[]).includes(role);
  return isOne ? { permissions: new Set([role as Permission]), sees: 'everything' } : undefined;
}

function changed(): never {
  throw new LedgerError(
    'unauthenticated',
    'This login was with another provider than the server has now; log in again.',
  );
}

async function readSecret(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new LedgerError('misconfigured', `OIDC_CLIENT_SECRET_FILE ${file} cannot be read (${cause.code}).`, {
      cause,
    });
  });
  const secret = text.split('\n')[0]!.trim();
  if (secret === '')
    throw new LedgerError('misconfigured', `The first line of OIDC_CLIENT_SECRET_FILE ${file} is empty.`);
  return secret;
}
