import type { RequestHandler } from 'express';
import type { Sessions } from '../../access/sessions.js';
import type { ShareLinks } from '../../access/share-links.js';
import { html } from '../pages/html.js';
import { sendPage } from '../pages/layout.js';
import { timeOf } from '../pages/time-of.js';

/**
 * The page that a share link leads to. It opens nothing yet: programs that look into mails for harm follow links too, and must not use
 * them up.
 */
export function showShare(shareLinks: ShareLinks): RequestHandler {
  return (request, response) => {
    const link = shareLinks.find(String(request.params['secret']));
    if (link === undefined) response.status(404);
    sendPage(response, {
      title: 'A study for you',
      body: link
        ? html`<div class="narrow">
            <h1>A study for you</h1>
            <p>${link.madeBy} lets you look at one study, until ${timeOf(link.expiresAt)}.</p>
            <p class="quiet">If somebody is logged in here with this browser, they are logged out.</p>
            <form method="post"><button>Open the study</button></form>
          </div>`
        : html`<div class="narrow">
            <h1>This link has ended</h1>
            <p>Ask whoever sent it for another one.</p>
          </div>`,
    });
  };
}

/** Opens the study of a link in the viewer, in a session of its own. */
export function enterShare({ shareLinks, sessions }: { shareLinks: ShareLinks; sessions: Sessions }): RequestHandler {
  return async (request, response) => {
    const { cookie, StudyInstanceUID } = await shareLinks.open(String(request.params['secret']));
    await sessions.end(request);
    response.setHeader('Set-Cookie', cookie);
    response.setHeader('Cache-Control', 'no-store');
    response.redirect(303, `/viewer?StudyInstanceUIDs=${StudyInstanceUID}`);
  };
}
