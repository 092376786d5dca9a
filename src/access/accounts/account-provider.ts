import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import Provider, { errors, interactionPolicy, type Configuration } from 'oidc-provider';
import { basePathOf } from '../../base/base-path.js';
import { LedgerError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import type { Account, Accounts } from './accounts.js';
import type { AccountsDatabase } from './accounts-database.js';
import { ACCOUNTS_PATH, OWN_CLIENT, PASSWORD_PATH } from './accounts-path.js';
import { providerAdapter } from './provider-adapter.js';
import type { ProviderKeys } from './provider-keys.js';

const LOGIN_S = 600;
const CODE_S = 60;
const TOKEN_S = 3600;

/** The OpenID provider over the accounts of this server. */
export interface AccountProvider {
  /** Answers everything below ACCOUNTS_PATH. */
  answer: RequestListener;
  /** As whom people log in at which client; rejects with `bad-request` when that is over or was begun in another browser. */
  loginUnderWay(request: IncomingMessage, response: ServerResponse): Promise<{ clientId: string }>;
  /** Ends the login under way with an account: where the browser goes. Rejects as `loginUnderWay` does. */
  finishLogin(request: IncomingMessage, response: ServerResponse, account: Account): Promise<string>;
}

export interface AccountProviderOptions {
  /** The URL of this server as browsers reach it, without a slash at the end. */
  ownUrl: string;
  /** Where the provider sends browsers back to at this server. */
  callbackUrl: string;
  clientSecret: string;
  /** Where viewers elsewhere are sent back to: each is a public client whose id is its origin. */
  viewerUrls: readonly string[];
  keys: ProviderKeys;
  log: Log;
}

/**
 * A provider with the code flow alone, PKCE in every login, no registration, no refresh tokens, and no memory of who logged in: every
 * login asks for the password, so that log out at this server is log out (OpenID Connect Core §3.1, RFC 9700 §2). Access tokens are
 * JWTs for this server (RFC 9068), valid for an hour.
 */
export function createAccountProvider(
  { accounts, database }: { accounts: Accounts; database: AccountsDatabase },
  options: AccountProviderOptions,
): AccountProvider {
  const { ownUrl, log } = options;
  const provider = new Provider(`${ownUrl}${ACCOUNTS_PATH}`, configurationOf(accounts, database, options));
  // Host and protocol are those of the issuer, which `answer` sets.
  provider.proxy = true;
  provider.on('server_error', (_context, error) => log.error({ err: error }, 'The provider of the accounts failed.'));
  const callback = provider.callback();
  const { host, protocol } = new URL(ownUrl);

  const underWay = async (request: IncomingMessage, response: ServerResponse) =>
    provider.interactionDetails(request, response).catch((cause: unknown) => {
      if (!(cause instanceof errors.SessionNotFound)) throw cause;
      throw new LedgerError(
        'bad-request',
        `This login is over, or was begun in another browser; begin again at ${ownUrl}/login.`,
        { cause },
      );
    });

  return {
    answer: (request, response) => {
      const { url = '/' } = request;
      Object.assign(request, { originalUrl: basePathOf(ownUrl) + url, url: url.slice(ACCOUNTS_PATH.length) || '/' });
      for (const name of Object.keys(request.headers)) if (/^(x-)?forwarded/.test(name)) delete request.headers[name];
      request.headers['host'] = host;
      request.headers['x-forwarded-proto'] = protocol.slice(0, -1);
      void callback(request, response);
    },
    loginUnderWay: async (request, response) => {
      const { params } = await underWay(request, response);
      return { clientId: String(params['client_id']) };
    },
    finishLogin: async (request, response, { subject }) => {
      await underWay(request, response);
      return provider.interactionResult(request, response, { login: { accountId: subject, remember: false } });
    },
  };
}

function configurationOf(
  accounts: Accounts,
  database: AccountsDatabase,
  { ownUrl, callbackUrl, clientSecret, viewerUrls, keys }: AccountProviderOptions,
): Configuration {
  const codeFlow = {
    response_types: ['code'],
    grant_types: ['authorization_code'],
    id_token_signed_response_alg: 'ES256',
  } as const;
  const basePath = basePathOf(ownUrl);
  const policy = interactionPolicy.base();
  // Whoever runs the server runs all of its clients: nobody is asked for consent.
  policy.remove('consent');
  policy.get('login')?.checks.add(
    new interactionPolicy.Check('every_login', 'Every login asks for the password.', ({ oidc }) => {
      const { NO_NEED_TO_PROMPT, REQUEST_PROMPT } = interactionPolicy.Check;
      return oidc.result?.login === undefined ? REQUEST_PROMPT : NO_NEED_TO_PROMPT;
    }),
  );
  const cookie = { httpOnly: true, sameSite: 'lax', signed: true, path: basePath + ACCOUNTS_PATH } as const;
  return {
    adapter: providerAdapter(database),
    clients: [
      {
        ...codeFlow,
        client_id: OWN_CLIENT,
        client_secret: clientSecret,
        redirect_uris: [callbackUrl],
      },
      ...viewerUrls.map((url) => ({
        ...codeFlow,
        client_id: new URL(url).origin,
        token_endpoint_auth_method: 'none' as const,
        redirect_uris: [url],
      })),
    ],
    jwks: { keys: [keys.signing] },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    cookies: {
      keys: [keys.cookies],
      names: { session: 'dicom-ledger-accounts', interaction: 'dicom-ledger-login', resume: 'dicom-ledger-resume' },
      long: cookie,
      short: { ...cookie, path: undefined as never },
    },
    responseTypes: ['code'],
    scopes: ['openid', 'profile'],
    claims: { openid: ['sub', 'roles', 'generation'], profile: ['name', 'preferred_username'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    ttl: {
      AccessToken: TOKEN_S,
      AuthorizationCode: CODE_S,
      Grant: TOKEN_S,
      IdToken: TOKEN_S,
      Interaction: LOGIN_S,
      Session: LOGIN_S,
    },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => ownUrl,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, resource) => {
          if (resource !== ownUrl) throw new errors.InvalidTarget();
          const format = { accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } } as const;
          return { scope: '', audience: ownUrl, accessTokenTTL: TOKEN_S, ...format };
        },
      },
    },
    interactions: { policy, url: (_context, { uid }) => `${basePath}${PASSWORD_PATH}/${uid}` },
    clientBasedCORS: (_context, origin, { clientId }) => origin === clientId,
    findAccount: (_context, accountId) => {
      const claims = accounts.claimsOf(accountId);
      return claims && { accountId, claims: async () => ({ ...claims, sub: accountId }) };
    },
    extraTokenClaims: (_context, token) => ('accountId' in token ? accounts.claimsOf(token.accountId) : undefined),
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client?.clientId ?? '',
        accountId: oidc.session?.accountId ?? '',
      });
      grant.addOIDCScope('openid profile');
      await grant.save();
      return grant;
    },
    renderError: (context, { error, error_description: description }) => {
      context.type = 'text/plain';
      context.body = `${error}: ${description ?? 'The login cannot go on.'} Begin again at ${ownUrl}/login.\n`;
    },
  };
}
