import { parseCookie, stringifySetCookie } from 'cookie';
import {
  authorizationCodeGrant,
  AuthorizationResponseError,
  buildAuthorizationUrl,
  buildEndSessionUrl,
  calculatePKCECodeChallenge,
  fetchUserInfo,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
  ResponseBodyError,
  type Configuration,
} from 'openid-client';
import { cookiePrefix } from '../cookie-prefix.js';
import { basePathOf } from '../../base/base-path.js';
import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import type { Principal } from '../principal.js';
import type { Claims } from '../roles-of.js';
import type { VerifyToken } from './bearer-way.js';
import { checkedReturnPath } from './checked-return-path.js';
import { CALLBACK_PATH, LOGIN_PATH } from './login-paths.js';
import { subjectOfLogoutToken } from './logout-token.js';
import { unreachable, type OpenidProvider } from './openid-provider.js';

const TEN_MINUTES_S = 600;

const OF_ONE_LOGIN = ['acr', 'amr', 'at_hash', 'aud', 'auth_time', 'azp', 'c_hash', 'exp', 'iat', 'iss', 'jti', 'nbf', 'nonce', 'scope', 'sid', 'typ']; // prettier-ignore

/** A login of a browser with the provider: code flow with PKCE, state and nonce (OpenID Connect Core §3.1, RFC 9700 §2.1). */
export interface OidcLogin {
  /** The one URL of this server to which the provider leads back. */
  ownUrl(): string;
  /** Where the browser goes to log in, and the Set-Cookie header by which it is known when it comes back. */
  begin(parameters: { returnTo: unknown }): Promise<{ location: string; cookie: string }>;
  /**
   * Takes the browser that comes back with `query` (`code`, `state`): who it is, the path it wanted to see, and the Set-Cookie
   * header that takes the cookie away. Rejects with `bad-request` for an answer to no login of this browser, `forbidden` when the
   * provider let nobody in, `unavailable` when it does not answer.
   */
  finish(parameters: { query: URLSearchParams; cookies: string | undefined }): Promise<FinishedLogin>;
  /** Whose sessions the provider says have ended, by a logout token. Rejects as `subjectOfLogoutToken` does. */
  loggedOut(token: unknown): Promise<Pick<Principal, 'issuer' | 'subject'>>;
  /** Where the browser goes to be logged out at the provider too; undefined when it has no such page (RP-Initiated Logout §2). */
  logoutUrl(): Promise<string | undefined>;
}

export interface FinishedLogin {
  principal: Omit<Principal, 'via'>;
  /** What the provider said of the person, without what is of this one login. */
  claims: Claims;
  returnTo: string;
  cookie: string;
}

export interface OidcLoginOptions {
  provider: OpenidProvider;
  /** The URL of this server as browsers reach it, without a slash at the end. */
  ownUrl: () => string;
  clientId: string;
  /** Scopes, with a space between them. */
  scope: string;
  /** Of the access token, whose claims count when this server would let its bearer in; undefined takes none. */
  verify: VerifyToken | undefined;
  principalOf: (claims: Claims) => Omit<Principal, 'via'>;
  log: Log;
}

/** What the browser keeps of a login under way. */
interface LoginUnderWay {
  state: string;
  nonce: string;
  verifier: string;
  returnTo: string;
}

export function createOidcLogin(options: OidcLoginOptions): OidcLogin {
  const { provider, ownUrl, clientId, scope, principalOf, log } = options;
  const redirectUri = (): string => `${ownUrl()}${CALLBACK_PATH}`;

  return {
    ownUrl,

    begin: async ({ returnTo }) => {
      const configuration = await provider.configuration();
      const verifier = randomPKCECodeVerifier();
      const underWay = {
        state: randomState(),
        nonce: randomNonce(),
        verifier,
        returnTo: checkedReturnPath(returnTo),
      } satisfies LoginUnderWay;
      const location = buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri(),
        scope,
        state: underWay.state,
        nonce: underWay.nonce,
        code_challenge: await calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      });
      const value = Buffer.from(JSON.stringify(underWay)).toString('base64url');
      return { location: location.href, cookie: loginCookie(ownUrl(), value, TEN_MINUTES_S) };
    },

    finish: async ({ query, cookies }) => {
      const underWay = underWayOf(parseCookie(cookies ?? '')[cookieName(ownUrl())]);
      const url = new URL(`${redirectUri()}?${query.toString()}`);
      if (underWay === undefined || url.searchParams.get('state') !== underWay.state)
        throw new LedgerError(
          'bad-request',
          `This answers no login that was begun in this browser within the last 10 minutes; begin again at ${ownUrl()}${LOGIN_PATH}.`,
        );
      const configuration = await provider.configuration();
      const claims = await claimsOf(configuration, url, underWay).catch((error: unknown) => {
        log.warn({ err: redacted(error), issuer: provider.issuer() }, 'A login with the OpenID provider failed.');
        throw loginFailure(error, provider.issuer(), `${ownUrl()}${LOGIN_PATH}`);
      });
      return {
        principal: principalOf(claims),
        claims,
        returnTo: underWay.returnTo,
        cookie: loginCookie(ownUrl(), '', 0),
      };
    },

    loggedOut: async (token) => ({
      issuer: provider.issuer(),
      subject: await subjectOfLogoutToken(provider, { token, clientId }),
    }),

    logoutUrl: async () => {
      const configuration = await provider.configuration();
      if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
      return buildEndSessionUrl(configuration, { client_id: clientId, post_logout_redirect_uri: `${ownUrl()}/` }).href;
    },
  };

  /** What the provider says of who logged in: in the ID token, at its userinfo endpoint, and in an access token for this server. */
  async function claimsOf(configuration: Configuration, url: URL, underWay: LoginUnderWay): Promise<Claims> {
    const tokens = await authorizationCodeGrant(configuration, url, {
      pkceCodeVerifier: underWay.verifier,
      expectedState: underWay.state,
      expectedNonce: underWay.nonce,
      idTokenExpected: true,
    });
    const idToken = tokens.claims()!;
    const accessToken: Claims = (await options.verify?.(tokens.access_token).catch(() => undefined)) ?? {};
    const hasUserInfo = configuration.serverMetadata().userinfo_endpoint !== undefined;
    const userInfo: Claims = hasUserInfo ? await fetchUserInfo(configuration, tokens.access_token, idToken.sub) : {};
    const launch = typeof tokens['patient'] === 'string' ? { patient: tokens['patient'] } : {};
    const all: Claims = { ...userInfo, ...(accessToken['sub'] === idToken.sub && accessToken), ...launch, ...idToken };
    return Object.fromEntries(Object.entries(all).filter(([name]) => !OF_ONE_LOGIN.includes(name)));
  }
}

function cookieName(ownUrl: string): string {
  const { protocol, port } = new URL(ownUrl);
  // Cookies of one host are those of all of its ports (RFC 6265 §8.5).
  const isHttps = protocol === 'https:';
  return isHttps ? `${cookiePrefix({ isHttps, basePath: basePathOf(ownUrl) })}dl_login` : `dl_login_${port}`;
}

/** Lax: the browser comes back from the provider by a link of another site. */
function loginCookie(ownUrl: string, value: string, maxAge: number): string {
  const secure = ownUrl.startsWith('https:');
  return stringifySetCookie({
    name: cookieName(ownUrl),
    value,
    httpOnly: true,
    sameSite: 'lax',
    path: basePathOf(ownUrl) || '/',
    secure,
    maxAge,
  });
}

function underWayOf(cookie: string | undefined): LoginUnderWay | undefined {
  try {
    const found = JSON.parse(Buffer.from(cookie ?? '', 'base64url').toString()) as Record<keyof LoginUnderWay, unknown>;
    const { state, nonce, verifier } = found;
    if (typeof state !== 'string' || typeof nonce !== 'string' || typeof verifier !== 'string') return undefined;
    return { state, nonce, verifier, returnTo: checkedReturnPath(found.returnTo) };
  } catch {
    return undefined;
  }
}

/** What the provider or its library said, without anything that was sent: that has codes and tokens. */
function redacted(error: unknown): Record<string, unknown> {
  const { name, message, code, error: kind, status } = error as Error & Record<string, unknown>;
  return { name, message, code, error: kind, status };
}

function loginFailure(error: unknown, issuer: string, loginUrl: string): LedgerError {
  if (error instanceof LedgerError) return error;
  if (error instanceof AuthorizationResponseError) {
    const why = /^[a-z_]{1,60}$/.test(error.error) ? error.error : 'an error';
    return new LedgerError('forbidden', `${issuer} let nobody in (${why}); log in again at ${loginUrl}.`, {
      cause: error,
    });
  }
  if (error instanceof ResponseBodyError && error.error === 'invalid_grant')
    return new LedgerError('bad-request', `${issuer} does not know this login any more; begin again at ${loginUrl}.`, {
      cause: error,
    });
  return unreachable(issuer, error);
}
