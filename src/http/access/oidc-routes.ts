import type { RequestHandler } from 'express';
import { RESOURCE_METADATA_PATH } from '../../access/challenge.js';
import type { Access } from '../../access/open-access.js';
import { CALLBACK_PATH, LOGIN_PATH } from '../../access/oidc/login-paths.js';
import type { OidcLogin } from '../../access/oidc/oidc-login.js';
import { LedgerError } from '../../base/errors.js';
import { queryOf } from '../message/dicomweb-root.js';
import { routesOf, type Route } from '../route.js';
import { readFields } from './read-fields.js';

/** The rows of logins with an OpenID provider, and where OAuth clients learn which one it is. */
export function oidcRoutes({ sessions, identity: { oidc } }: Pick<Access, 'sessions' | 'identity'>): Route[] {
  const login = (): OidcLogin => {
    if (oidc?.login !== undefined) return oidc.login;
    throw new LedgerError(
      'not-found',
      'Nobody logs in here with an identity provider; the operator can set OIDC_ISSUER and OIDC_CLIENT_ID, or ACCOUNTS.',
    );
  };

  const begin: RequestHandler = async (request, response) => {
    const returnTo = queryOf(request).get('return');
    response.setHeader('Cache-Control', 'no-store');
    // The provider leads back to one name of this server, and the cookie is kept for the name that set it.
    const own = login().ownUrl();
    if (request.headers.host !== new URL(own).host) {
      response.redirect(302, `${own}${LOGIN_PATH}?return=${encodeURIComponent(returnTo ?? '/')}`);
      return;
    }
    const { location, cookie } = await login().begin({ returnTo });
    response.setHeader('Set-Cookie', cookie);
    response.redirect(302, location);
  };

  const finish: RequestHandler = async (request, response) => {
    const { principal, claims, returnTo, cookie } = await login().finish({
      query: queryOf(request),
      cookies: request.headers.cookie,
    });
    // A browser has one session at a time.
    await sessions.end(request);
    response.setHeader('Set-Cookie', [cookie, await sessions.open(principal, { claims })]);
    response.setHeader('Cache-Control', 'no-store');
    response.redirect(303, returnTo);
  };

  /** OpenID Connect Back-Channel Logout §2.5. */
  const endSessions: RequestHandler = async (request, response) => {
    const { values } = await readFields(request, response);
    sessions.endAllOf(await login().loggedOut(values['logout_token']));
    response.setHeader('Cache-Control', 'no-store');
    response.status(200).end();
  };

  const leadToLogout: RequestHandler = async (_request, response) => {
    response.setHeader('Cache-Control', 'no-store');
    response.redirect(302, (await login().logoutUrl()) ?? '/login');
  };

  const sendResource: RequestHandler = (_request, response) => {
    if (oidc === undefined)
      throw new LedgerError('not-found', 'No identity provider gives tokens for this server; use an API key.');
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.json(oidc.resourceMetadata());
  };

  return routesOf(
    { service: 'Logging in with an OpenID provider', permission: 'public', writes: false, audit: 'login' },
    [
      ['GET', LOGIN_PATH, begin],
      ['GET', CALLBACK_PATH, finish],
      ['POST', `${LOGIN_PATH}/ended`, endSessions],
      ['GET', '/logout/oidc', leadToLogout],
      ['GET', RESOURCE_METADATA_PATH, sendResource],
    ],
  );
}
