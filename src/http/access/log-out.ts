import type { RequestHandler } from 'express';
import type { Access } from '../../access/open-access.js';

/**
 * Ends the session of a browser here, and lets the browser forget what it kept: no step back shows an image then (Clear Site Data
 * §3.1). Who came from an identity provider goes on to log out there, where it has a page for that.
 */
export function logOut({ sessions, identity }: Pick<Access, 'sessions' | 'identity'>): RequestHandler {
  return async (request, response) => {
    const principal = await sessions.way(request).catch(() => undefined);
    const isOfProvider = principal !== undefined && principal.issuer === identity.oidc?.issuer();
    response.setHeader('Set-Cookie', await sessions.end(request));
    response.setHeader('Clear-Site-Data', '"cache", "storage"');
    response.setHeader('Cache-Control', 'no-store');
    response.redirect(303, isOfProvider ? '/logout/oidc' : '/login');
  };
}
