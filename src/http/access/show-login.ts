import type { RequestHandler, Response } from 'express';
import type { Authenticate } from '../../access/authenticate.js';
import type { LoginCodes } from '../../access/login-codes.js';
import { checkedReturnPath } from '../../access/oidc/checked-return-path.js';
import type { LoginProvider } from '../../access/open-access.js';
import type { Principal } from '../../access/principal.js';
import type { Sessions } from '../../access/sessions.js';
import { LedgerError } from '../../base/errors.js';
import { queryOf } from '../message/dicomweb-root.js';
import { html, type Html } from '../pages/html.js';
import { sendPage } from '../pages/layout.js';

interface LoginParts {
  authenticate: Authenticate;
  sessions: Sessions;
  loginCodes: LoginCodes | undefined;
  providers: readonly LoginProvider[];
}

/**
 * The page to log in, and for whoever is logged in the page to see as whom and to log out. `?code=…` logs in and leads on, so that the
 * code is in no URL any more; `?return=…` is the path to go to then, on this server.
 */
export function showLogin({ authenticate, sessions, loginCodes, providers }: LoginParts): RequestHandler {
  return async (request, response) => {
    const query = queryOf(request);
    const returnTo = checkedReturnPath(query.get('return'));
    const code = query.get('code')?.trim();
    let fault: string | undefined;
    if (code && loginCodes !== undefined && request.method === 'GET') {
      try {
        const cookie = await loginCodes.redeem(code, request);
        await sessions.end(request);
        response.setHeader('Cache-Control', 'no-store');
        response.setHeader('Referrer-Policy', 'no-referrer');
        response.setHeader('Set-Cookie', cookie);
        response.redirect(303, returnTo);
        return;
      } catch (error) {
        fault = sentenceOf(error);
        response.status(403);
      }
    }
    const principal = await authenticate(request).catch((error: unknown) => void sentenceOf(error));
    if (principal !== undefined && fault === undefined) sendAccount(response, principal);
    else
      sendPage(response, {
        title: 'Log in',
        body: html`<div class="narrow">
          <h1>Log in</h1>
          ${fault && html`<p class="fault" role="alert">${fault}</p>`} ${waysIn({ providers, loginCodes, returnTo })}
        </div>`,
      });
  };
}

/** Of what one who is not let in is told; whatever else goes wrong goes on. */
function sentenceOf(error: unknown): string {
  if (error instanceof LedgerError && (error.code === 'forbidden' || error.code === 'unauthenticated'))
    return error.message;
  throw error;
}

function waysIn({
  providers,
  loginCodes,
  returnTo,
}: Pick<LoginParts, 'providers' | 'loginCodes'> & { returnTo: string }): readonly Html[] {
  const byProvider = providers.map(
    ({ name, path }) =>
      html`<p><a class="button" href="${path}?return=${encodeURIComponent(returnTo)}">Log in with ${name}</a></p>`,
  );
  const byCode = html`<section>
    <h2>At this computer</h2>
    <p>
      When the server starts it shows a link, by which you are logged in. It works once. For another one, run
      <code>npx dicom-ledger login-link</code> in the folder of the server.
    </p>
    <form method="get" action="/login" class="fields" autocomplete="off">
      <label>Code of the link <input name="code" required maxlength="200" spellcheck="false" /></label>
      <input type="hidden" name="return" value="${returnTo}" />
      <button>Log in</button>
    </form>
  </section>`;
  if (loginCodes !== undefined) return [...byProvider, byCode];
  if (byProvider.length > 0) return byProvider;
  return [
    html`<p>
      No way to log in with a browser is set up here. Whoever runs this server can set one up; programs come in by API
      keys.
    </p>`,
  ];
}

const MEANING: Record<string, string> = {
  read: 'look at studies',
  write: 'store studies',
  retire: 'retire images',
  audit: "read the ledger's records",
  admin: 'run the server',
};

function sendAccount(response: Response, principal: Principal): void {
  const may = [...principal.permissions].map((permission) => MEANING[permission] ?? permission);
  sendPage(response, {
    title: principal.name,
    principal,
    body: html`<div class="narrow">
      <h1>${principal.name}</h1>
      <p>
        You are logged in. You may
        ${may.length > 0 ? may.join(', ') : 'do nothing here yet; ask the operator of the server'}.
      </p>
      ${principal.sees !== 'everything' && html`<p>You see some of the studies only.</p>`}
      ${principal.permissions.has('read') && html`<p><a class="button" href="/">Show the images</a></p>`}
    </div>`,
  });
}
