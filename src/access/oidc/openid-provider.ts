import { createRemoteJWKSet, customFetch as joseFetch, errors, type JWTVerifyGetKey } from 'jose';
import {
  allowInsecureRequests,
  ClientSecretBasic,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  None,
  type Configuration,
} from 'openid-client';
import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';

const TIMEOUT_S = 10;
const KEYS_KEPT_MS = 600_000;
const KEYS_COOL_DOWN_MS = 30_000;
const DISCOVERY_COOL_DOWN_MS = 5_000;

/** The provider that says who people are, as far as its discovery document and its keys go. */
export interface OpenidProvider {
  /** As it stands in `iss`. */
  issuer(): string;
  /** Rejects with `unavailable` while the provider cannot be reached. */
  configuration(): Promise<Configuration>;
  /** The public keys of the provider: from its discovery document, and never from a token. Rejects as `configuration` does. */
  keys: JWTVerifyGetKey;
}

export interface OpenidProviderOptions {
  issuer: () => string;
  clientId: string;
  /** Unset for a public client. */
  clientSecret?: string | undefined;
  log: Log;
  /** In place of the one of the platform: how the provider of this server itself is reached. */
  fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
}

/**
 * Reads the discovery document when it is first needed (OpenID Connect Discovery §4) and keeps it. A provider that cannot be
 * reached is asked again by the next request, but not within 5 s. Keys are kept for 10 minutes; one that is not among them is
 * looked for at most every 30 s. Plain http is for providers of this machine alone.
 */
export function createOpenidProvider(options: OpenidProviderOptions): OpenidProvider {
  const { issuer, clientId, clientSecret, log } = options;
  let configuring: Promise<Configuration> | undefined;
  let keySet: ReturnType<typeof createRemoteJWKSet> | undefined;

  const discover = async (): Promise<Configuration> => {
    const url = new URL(issuer());
    const authentication = clientSecret === undefined ? None() : ClientSecretBasic(clientSecret);
    const found = await discovery(url, clientId, undefined, authentication, {
      timeout: TIMEOUT_S,
      execute:
        url.protocol === 'http:' ? [allowInsecureRequests, enableNonRepudiationChecks] : [enableNonRepudiationChecks],
      ...(options.fetch && { [customFetch]: options.fetch }),
    });
    return found;
  };

  const configuration = (): Promise<Configuration> => {
    configuring ??= discover().catch((cause: unknown) => {
      log.warn({ err: cause, issuer: issuer() }, 'The OpenID provider cannot be reached; the next login asks again.');
      setTimeout(() => (configuring = undefined), DISCOVERY_COOL_DOWN_MS).unref();
      throw unreachable(issuer(), cause);
    });
    return configuring;
  };

  const keysOfProvider = async (): Promise<JWTVerifyGetKey> => {
    if (keySet !== undefined) return keySet;
    const { jwks_uri: uri } = (await configuration()).serverMetadata();
    if (uri === undefined) throw unreachable(issuer(), new Error('Its discovery document has no jwks_uri.'));
    keySet = createRemoteJWKSet(new URL(uri), {
      cacheMaxAge: KEYS_KEPT_MS,
      cooldownDuration: KEYS_COOL_DOWN_MS,
      timeoutDuration: TIMEOUT_S * 1000,
      ...(options.fetch && { [joseFetch]: options.fetch }),
    });
    return keySet;
  };

  return {
    issuer,
    configuration,
    keys: async (header, token) => {
      const find = await keysOfProvider();
      try {
        return await find(header, token);
      } catch (error) {
        // What is wrong with the token, and not with the provider.
        if (
          error instanceof errors.JWKSNoMatchingKey ||
          error instanceof errors.JWKSMultipleMatchingKeys ||
          error instanceof errors.JOSENotSupported
        )
          throw error;
        log.warn({ err: error, issuer: issuer() }, 'The keys of the OpenID provider cannot be read.');
        throw unreachable(issuer(), error);
      }
    },
  };
}

/** `unavailable`, of a provider that did not answer as it should. */
export function unreachable(issuer: string, cause: unknown): LedgerError {
  return new LedgerError(
    'unavailable',
    `The OpenID provider ${issuer} does not answer as it should; try again soon, and if it stays so, let the operator check OIDC_ISSUER and the log.`,
    { retryable: true, cause },
  );
}
