import path from 'node:path';
import type { Log } from '../base/log.js';
import { createAccessFile } from './access-file.js';
import { createApiKeys, type ApiKeys } from './api-keys.js';
import { createAuthenticate, type Authenticate, type Way } from './authenticate.js';
import { openAccessDatabase } from './database.js';
import { certificateWay } from './certificates.js';
import { challengeFor } from './challenge.js';
import type { ClientOf } from './client-of.js';
import { LOCAL_OPERATOR, localTokenWay, openLocalToken } from './local-token.js';
import { openIdentity, type Identity, type IdentityOptions } from './open-identity.js';
import { createLoginCodes, type LoginCodes } from './login-codes.js';
import { LOGIN_PATH } from './oidc/login-paths.js';
import type { RolesOf } from './roles-of.js';
import { createSessions, type Sessions } from './sessions.js';
import { createShareLinks, type ShareLinks } from './share-links.js';

/** Who comes in, and how. */
export interface Access {
  authenticate: Authenticate;
  /** Those ways in, by name, that people and programs of other machines can use; without any, no other machine may reach the server. */
  remoteWays: readonly string[];
  sessions: Sessions;
  apiKeys: ApiKeys;
  shareLinks: ShareLinks;
  /** Undefined where nobody logs in by one. */
  loginCodes: LoginCodes | undefined;
  /** Where people log in elsewhere: what the log-in page leads to. */
  providers: readonly LoginProvider[];
  /** Who says who people are: the rows of logins with a provider, and of local accounts. */
  identity: Pick<Identity, 'oidc' | 'accounts'>;
  /** Reads the roles file again. */
  reload(): void;
  close(): Promise<void>;
}

/** An identity provider as the log-in page shows it. */
export interface LoginProvider {
  /** As people know it. */
  name: string;
  /** Of this server, which sends the browser on from there: `/login/oidc`. */
  path: string;
}

export interface AccessOptions {
  dataFolder: string;
  /** Whether programs of this machine come in by the token in `dataFolder`. */
  localToken: boolean;
  /** Whether the server listens on the loopback alone: then the person at this machine logs in by a one-time code. */
  onLoopback: boolean;
  /** Whether browsers reach it by https. */
  isHttps: boolean;
  /** Path of the server on its host, '' for all of it. */
  basePath: string;
  /** From where a request comes. */
  clientOf: ClientOf;
  port: number;
  sessionIdleMinutes: number;
  sessionHours: number;
  /** Who has which role. */
  accessFile: string | undefined;
  identity: IdentityOptions;
  /** The URL of this server as browsers reach it, without a slash at the end; known once it listens. */
  ownUrl: () => string;
  log: Log;
}

const MINUTE_MS = 60_000;

/** Opens every way in that is configured. Throws `misconfigured` with a sentence that says what to do. */
export async function openAccess(options: AccessOptions): Promise<Access> {
  const { dataFolder, localToken, ownUrl, log } = options;
  const accessFile = createAccessFile({ file: options.accessFile, log });
  const rolesOf: RolesOf = (claims) => accessFile.rolesOf(claims);
  const identity = await openIdentity({ dataFolder, ownUrl, rolesOf, log }, options.identity);
  const { oidc } = identity;
  const database = openAccessDatabase(path.join(dataFolder, 'access.sqlite'));
  try {
    const sessions = createSessions(database, {
      isHttps: options.isHttps,
      basePath: options.basePath,
      port: options.port,
      idleMs: options.sessionIdleMinutes * MINUTE_MS,
      maxMs: options.sessionHours * 60 * MINUTE_MS,
      grantOf: (claims, issuer) => identity.grantOf(claims, issuer),
    });
    const apiKeys = createApiKeys(database, {
      rolesOfKey: accessFile.rolesOfKey,
      clientOf: options.clientOf,
    });
    // Whoever came in by the token does not outlast it.
    if (!localToken) sessions.endAllOf(LOCAL_OPERATOR);
    const ways: Way[] = [];
    if (localToken) ways.push(localTokenWay(await openLocalToken(dataFolder)));
    ways.push(apiKeys.way, ...(oidc ? [oidc.way] : []), sessions.way);
    // Last, since programs send a certificate without being asked.
    ways.push(certificateWay({ rolesOf: (name) => accessFile.rolesOfCertificate(name) }));
    return {
      authenticate: createAuthenticate(ways, {
        challenge: (request) => challengeFor(request, { resourceUrl: oidc && ownUrl() }),
      }),
      remoteWays: [
        ...(oidc ? ['an OpenID provider'] : []),
        ...(apiKeys.list().some(({ revokedAt }) => revokedAt === undefined) ? ['API keys'] : []),
      ],
      sessions,
      apiKeys,
      shareLinks: createShareLinks(database, { sessions }),
      loginCodes: localToken && options.onLoopback ? createLoginCodes(sessions) : undefined,
      providers: oidc?.login ? [{ name: identity.name, path: LOGIN_PATH }] : [],
      identity,
      reload: () => accessFile.reload(),
      close: async () => {
        await identity.close();
        database.close();
      },
    };
  } catch (error) {
    database.close();
    await identity.close();
    throw error;
  }
}
