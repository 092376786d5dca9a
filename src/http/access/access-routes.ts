import type { Request, RequestHandler, Response } from 'express';
import type { Authenticate } from '../../access/authenticate.js';
import type { Access } from '../../access/open-access.js';
import type { Archive } from '../../archive/archive.js';
import { LedgerError } from '../../base/errors.js';
import { principalOf } from '../authorize.js';
import { serverUrl } from '../message/dicomweb-root.js';
import { sendStyle, STYLE_PATH } from '../pages/layout.js';
import { routesOf, type Route } from '../route.js';
import { accountRoutes } from './account-routes.js';
import { sendAccessPage, type Made } from './access-page.js';
import { emergencyRoutes, type EmergencyRouteParts } from './emergency-routes.js';
import { endSession } from './end-session.js';
import { logOut } from './log-out.js';
import { makeKey, revokeKey } from './make-key.js';
import { makeLink, revokeLink } from './make-link.js';
import { enterShare, showShare } from './show-share.js';
import { oidcRoutes } from './oidc-routes.js';
import { readFields } from './read-fields.js';
import { seenLinks } from './seen-links.js';
import { showLogin } from './show-login.js';

export interface AccessRouteParts extends Omit<EmergencyRouteParts, 'access'> {
  access: Pick<Access, 'sessions' | 'apiKeys' | 'shareLinks' | 'loginCodes' | 'providers' | 'identity'>;
  authenticate: Authenticate;
  /** What the caller of an answer may see of the archive. */
  seenArchive: (response: Response) => Archive;
  publicUrl: string | undefined;
}

const KEYS = '/access/keys';
const LINKS = '/access/links';
const SESSIONS = '/access/sessions';

/**
 * The rows by which people log in and out, and those by which whoever runs the server manages keys, links and sessions: for programs
 * in JSON, and for the page of `/access` by its forms, which can only POST.
 *
 * A share link lets somebody in who has no account. So `admin` is what it takes to make one, besides seeing the study: one who
 * reads gives nothing away alone, and the key of a modality, which may write, does neither.
 */
export function accessRoutes({ access, authenticate, seenArchive, publicUrl, ...parts }: AccessRouteParts): Route[] {
  const { sessions, apiKeys, shareLinks, loginCodes, providers } = access;

  const linksOf = (response: Response) => seenLinks(shareLinks, seenArchive(response));
  const sendMade = async (
    response: Response,
    { isForm, answer, made }: { isForm: boolean; answer: object; made: Made },
  ): Promise<void> => {
    const principal = principalOf(response);
    if (isForm) return sendAccessPage(access, { response, principal, made, shareLinks: await linksOf(response) });
    response.setHeader('Cache-Control', 'no-store');
    response.status(201).json(answer);
  };
  const postKey: RequestHandler = async (request, response) => {
    const { values, isForm } = await readFields(request, response);
    const answer = makeKey(apiKeys, values, principalOf(response));
    await sendMade(response, { isForm, answer, made: { what: 'key', secret: answer.key } });
  };
  const postLink: RequestHandler = async (request, response) => {
    const { values, isForm } = await readFields(request, response);
    const archive = seenArchive(response);
    const { id, path } = await makeLink({ archive, shareLinks }, { values, maker: principalOf(response) });
    const url = `${serverUrl(request, publicUrl)}${path}`;
    await sendMade(response, { isForm, answer: { id, url }, made: { what: 'link', secret: url } });
  };
  const postSessionEnd: RequestHandler = async (request, response) => {
    const { values } = await readFields(request, response);
    endSession(sessions, request, { ofPerson: values['all'] !== undefined });
    response.redirect(303, '/access');
  };
  const postLoginLink: RequestHandler = (_request, response) => {
    // Whoever logs in by it may do everything, which not everyone may who runs the server.
    if (principalOf(response).via !== 'local-token' || loginCodes === undefined)
      throw new LedgerError(
        'not-found',
        'Links to log in are for the local token of a server that listens on the loopback alone.',
      );
    response.setHeader('Cache-Control', 'no-store');
    response.status(201).json({ path: loginCodes.newPath() });
  };

  return [
    ...routesOf({ service: 'Logging in and out', permission: 'public', writes: false, audit: 'login' }, [
      ['GET', '/login', showLogin({ authenticate, sessions, loginCodes, providers })],
      ['POST', '/share/:secret', enterShare({ shareLinks, sessions })],
    ]),
    ...routesOf({ service: 'Logging in and out', permission: 'public', writes: false, audit: 'logout' }, [
      ['POST', '/logout', logOut(access)],
    ]),
    ...routesOf({ service: 'Logging in and out', permission: 'public', writes: false, audit: 'none' }, [
      ['GET', '/share/:secret', showShare(shareLinks)],
      ['GET', STYLE_PATH, sendStyle],
    ]),
    ...oidcRoutes(access),
    ...accountRoutes(access.identity),
    ...emergencyRoutes({ access, ...parts }),
    ...routesOf({ service: 'People, keys and links', permission: 'admin', writes: false, audit: 'none' }, [
      [
        'GET',
        '/access',
        async (_request, response) =>
          sendAccessPage(access, {
            response,
            principal: principalOf(response),
            shareLinks: await linksOf(response),
          }),
      ],
      ['GET', KEYS, listOf(() => apiKeys.list())],
      ['GET', LINKS, listOf(linksOf)],
      ['GET', SESSIONS, listOf(() => sessions.list())],
    ]),
    ...routesOf({ service: 'People, keys and links', permission: 'admin', writes: false, audit: 'export' }, [
      ['POST', LINKS, postLink],
    ]),
    ...routesOf({ service: 'People, keys and links', permission: 'admin', writes: false, audit: 'security' }, [
      ['POST', '/access/login-links', postLoginLink],
      ['POST', KEYS, postKey],
      ['DELETE', `${KEYS}/:key`, endedBy((request) => revokeKey(apiKeys, request))],
      ['POST', `${KEYS}/:key/revoke`, leadBackAfter((request) => revokeKey(apiKeys, request))],
      ['DELETE', `${LINKS}/:link`, endedBy((request) => revokeLink(shareLinks, request))],
      ['POST', `${LINKS}/:link/revoke`, leadBackAfter((request) => revokeLink(shareLinks, request))],
      ['DELETE', `${SESSIONS}/:session`, endedBy((request) => endSession(sessions, request, { ofPerson: false }))],
      ['POST', `${SESSIONS}/:session/end`, postSessionEnd],
    ]),
  ];
}

function listOf(entries: (response: Response) => readonly object[] | Promise<readonly object[]>): RequestHandler {
  return async (_request, response) => {
    response.setHeader('Cache-Control', 'no-store');
    response.json(await entries(response));
  };
}

function endedBy(end: (request: Request) => void): RequestHandler {
  return (request, response) => {
    end(request);
    response.status(204).end();
  };
}

/** For the forms of a page. */
function leadBackAfter(work: (request: Request) => void): RequestHandler {
  return (request, response) => {
    work(request);
    response.redirect(303, '/access');
  };
}
